"""The folders of a mailbox, to choose from."""

from dataclasses import dataclass

from .graph import Graph

__all__ = ["Folder", "list_folders"]

#: Those that have a name of their own in every language, and what is read from them.
_ROLES = {"inbox": "inbox", "sentitems": "sent"}
#: Those that hold nothing customers should be answered from.
_LEFT_OUT = ("drafts", "outbox", "deleteditems", "recoverableitemsdeletions", "conversationhistory")
_SELECT = {"$select": "id,displayName,totalItemCount,childFolderCount", "$top": 100}


@dataclass(frozen=True)
class Folder:
    """A folder.

    :param key: well-known name or id
    :param role: ``inbox``, ``sent`` or ``other``
    :param count: of the messages in it
    """

    key: str
    name: str
    role: str
    count: int


def list_folders(graph: Graph) -> list[Folder]:
    """Return the folders of the mailbox and, one level below, those within its inbox."""
    known = {}
    for name in (*_ROLES, *_LEFT_OUT):
        found = graph.find(f"mailFolders/{name}", {"$select": "id"})
        if found:
            known[str(found["id"])] = name
    rows = [row for page in graph.pages("mailFolders", _SELECT) for row in page]
    inbox = next((row for row in rows if known.get(str(row["id"])) == "inbox"), None)
    if inbox and inbox.get("childFolderCount"):
        for page in graph.pages("mailFolders/inbox/childFolders", _SELECT):
            rows += [{**row, "displayName": f"{inbox['displayName']} / {row['displayName']}"}
                     for row in page]  # fmt: skip
    folders = []
    for row in rows:
        key = known.get(str(row["id"]), str(row["id"]))
        if key not in _LEFT_OUT:
            name, count = str(row.get("displayName") or key), int(row.get("totalItemCount") or 0)
            folders.append(Folder(key, name, _ROLES.get(key, "other"), count))
    return sorted(folders, key=lambda folder: (folder.role == "other", folder.role, folder.name))
