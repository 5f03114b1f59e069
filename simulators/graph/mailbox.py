"""A mailbox: folders, messages, and what changed in them since when."""

import base64
import uuid
from dataclasses import dataclass, field

from . import ids
from .errors import not_found
from .letter import Person

#: Well-known names, as they stand in addresses, and what people see.
WELL_KNOWN = {
    "inbox": "Inbox",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "junkemail": "Junk Email",
    "archive": "Archive",
    "conversationhistory": "Conversation History",
    "outbox": "Outbox",
}
_ROOT = "msgfolderroot"


@dataclass(eq=False)
class Folder:
    """Where messages lie. Its id is constant, as those of all containers are."""

    name: str
    well_known: str = ""
    parent: object = None
    id: str = field(default_factory=ids.default_id)
    messages: dict = field(default_factory=dict)
    removals: list = field(default_factory=list)  # (change, message, its default id then)


@dataclass(eq=False)
class Message:
    """A letter in a mailbox."""

    letter: object
    mailbox: object
    created: float
    key: str = field(default_factory=ids.immutable_id)
    id: str = field(default_factory=ids.default_id)
    folder: Folder = None
    received: float = 0.0
    sent: float = 0.0
    modified: float = 0.0
    conversation: str = ""
    index: bytes = b""
    is_read: bool = False
    is_draft: bool = False
    importance: str = "normal"
    flag: str = "notFlagged"
    categories: list = field(default_factory=list)
    extended: dict = field(default_factory=dict)
    headers: list = field(default_factory=list)  # as they arrived, the servers' included
    attachments: dict = field(default_factory=dict)  # by id: File
    change_key: str = field(default_factory=ids.change_key)
    entered: int = 0  # change by which it came into its folder
    changed: int = 0  # its last change
    touched: dict = field(default_factory=dict)  # by property of Graph: its last change
    is_hidden: bool = False  # sent, and its copy is not there yet

    @property
    def conversation_index(self):
        return base64.b64encode(self.index).decode()

    @property
    def has_attachments(self):
        """Graph does not count those that stand in the text."""
        return any(not file.is_inline for file in self.attachments.values())

    def attach(self, file):
        """:param File file: put at its end; :return str: id"""
        key = ids.attachment_id()
        self.attachments[key] = file
        return key


class Mailbox:
    """:param str address: of its owner; :param str name: shown with it
    :param Clock clock: of the tenant"""

    def __init__(self, address, name, clock):
        self.person = Person(address, name)
        self.address = address
        self.clock = clock
        self.guid = str(uuid.uuid4())
        self.observers = []
        self.messages = {}  # by immutable id, those that lie in a folder
        self.changes = 0
        self._by_default_id = {}
        self._by_message_id = {}
        self.folders = {}
        self.root = self._add_folder(Folder("Top of Information Store", _ROOT))
        for well_known, shown in WELL_KNOWN.items():
            self._add_folder(Folder(shown, well_known, self.root))

    # -- folders -------------------------------------------------------------------------------
    def _add_folder(self, folder):
        self.folders[folder.id] = folder
        return folder

    def add_folder(self, name, parent=None):
        """:return Folder: a new one"""
        return self._add_folder(Folder(name, parent=parent or self.root))

    def folder(self, key):
        """:param str key: id or well-known name; :raises GraphError:"""
        if key in self.folders:
            return self.folders[key]
        for folder in self.folders.values():
            if folder.well_known and folder.well_known == key.lower():
                return folder
        raise not_found()

    def children(self, parent):
        """:return list: of Folder, by name"""
        found = [folder for folder in self.folders.values() if folder.parent is parent]
        return sorted(found, key=lambda folder: folder.name)

    # -- messages ------------------------------------------------------------------------------
    def find(self, key):
        """:param str key: id of either kind; :return Message: :raises GraphError:"""
        message = self.messages.get(key) or self._by_default_id.get(key)
        if message is None or message.is_hidden:
            raise not_found()
        return message

    def with_message_id(self, message_id):
        """:param str message_id: with its brackets; :return list: of Message"""
        return [one for one in self._by_message_id.get(message_id, ()) if one.key in self.messages]

    def add(self, message, folder):
        """Puts a new message into a folder."""
        letter = message.letter
        message.modified = self.clock.now()
        for file in letter.files:
            message.attach(file)
        if not message.conversation:
            message.conversation, message.index = self._thread(letter)
        self.messages[message.key] = message
        self._by_message_id.setdefault(letter.message_id, []).append(message)
        self._enter(message, folder)
        self._tell("created", message)

    def _thread(self, letter):
        """By the messages it refers to, the nearest first; the subject says nothing."""
        for message_id in (letter.in_reply_to, *reversed(letter.references)):
            for known in self._by_message_id.get(message_id, ()):
                return known.conversation, ids.next_index(known.index)
        return ids.conversation_id(), ids.first_index()

    def _enter(self, message, folder):
        self.changes += 1
        message.folder = folder
        message.entered = message.changed = self.changes
        message.touched = {}
        folder.messages[message.key] = message
        self._by_default_id[message.id] = message

    def _leave(self, message):
        self.changes += 1
        message.folder.removals.append((self.changes, message, message.id))
        del message.folder.messages[message.key]
        del self._by_default_id[message.id]

    def move(self, message, folder):
        """To another folder: the default id is another one, the immutable one stays."""
        if folder is message.folder:
            return
        self._tell("deleted", message)
        self._leave(message)
        message.id = ids.default_id()
        message.change_key = ids.change_key()
        message.modified = self.clock.now()
        self._enter(message, folder)
        self._tell("created", message)

    def remove(self, message):
        """For good."""
        self._tell("deleted", message)
        self._leave(message)
        del self.messages[message.key]

    def touch(self, message, *properties):
        """:param properties: of Graph, which are no longer what they were"""
        self.changes += 1
        message.changed = self.changes
        message.touched.update(dict.fromkeys(properties, self.changes))
        message.change_key = ids.change_key()
        message.modified = self.clock.now()
        self._tell("updated", message)

    def _tell(self, what, message):
        if message.is_hidden:
            return
        for observer in self.observers:
            observer(what, message)

    # -- sending -------------------------------------------------------------------------------
    def hide(self, message):
        """Takes a sent message out of sight until its copy lies in Sent Items."""
        self._tell("deleted", message)
        message.is_hidden = True
        self._leave(message)

    def show(self, message):
        """Its copy lies in Sent Items from now on."""
        message.is_hidden = False
        message.id = ids.default_id()
        message.change_key = ids.change_key()
        message.modified = self.clock.now()
        self._enter(message, self.folder("sentitems"))
        self._tell("created", message)
