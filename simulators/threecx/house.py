"""Who works here: extensions with their devices, queues, the route point of the application."""

from dataclasses import dataclass, field

DOMAIN = "demo.example"
TRUNK = "10000"
DID = "+3281304050"
QUEUE = "800"
ROUTE_POINT = "900"
CLIENT_ID, CLIENT_SECRET = ROUTE_POINT, "threecx-demo-secret"
#: The device of a DN none of whose telephones is registered, in 3CX's sample application
#: (call-control-examples, server/src/constants.ts).
UNREGISTERED = "not_registered_dev"

_NAMES = """Valérie Vendeur, Marc Manager, Julie Lambert, Karim Benali, Sophie Dubois,
Thomas Peeters, Nathalie Claes, Luc Janssens, Amélie Renard, Pieter De Smet, Céline Fontaine,
Marc Wouters, Inès Haddad, Olivier Maes, Chantal Simon"""
_LOGINS = ("vendeur", "manager")
_PHONES = (
    ("Yealink SIP-T46U 108.86.0.20", 5483, True),
    ("3CX Web Client", 5484, True),
    ("3CX Mobile Client", 5485, False),
)


@dataclass(frozen=True)
class Device:
    """A registered telephone."""

    dn: str
    device_id: str
    """Like a SIP address, with characters that a path must quote."""
    user_agent: str
    controllable: bool
    """Whether the PBX can make it answer (uaCSTA)."""

    def to_json(self):
        # DNDevice of call-control-examples, server/src/types.ts
        return {"dn": self.dn, "device_id": self.device_id, "user_agent": self.user_agent}


@dataclass
class Extension:
    """A user."""

    number: str
    first_name: str
    last_name: str
    email: str
    devices: tuple
    id: int = 0
    enabled: bool = True
    queue_logged_in: bool = True

    @property
    def name(self):
        return f"{self.first_name} {self.last_name}".strip()

    def device(self, device_id):
        """:return Device: or None"""
        return next((device for device in self.devices if device.device_id == device_id), None)


@dataclass
class House:
    """The numbers of the house."""

    extensions: dict
    queues: dict = field(default_factory=dict)
    """Number of the queue -> (name, numbers of its agents)."""
    route_point: str = ROUTE_POINT
    monitored: tuple = ()
    """Extensions that the application may see and control; those of the console's list."""
    trunk: str = TRUNK
    did: str = DID

    def kind(self, number):
        """:return str: type of the DN as the API names it; ``Wexternalline`` for outside numbers"""
        if number in self.extensions:
            return "Wextension"
        if number in self.queues:
            return "Wqueue"
        if number == self.route_point:
            return "Wroutepoint"
        return "Wexternalline"

    def name(self, number):
        """:return str: of an extension or queue; empty for others"""
        if number in self.extensions:
            return self.extensions[number].name
        return self.queues[number][0] if number in self.queues else ""

    def visible(self):
        """:return tuple: DNs that the application may see"""
        return (self.route_point, *self.monitored)

    def devices(self, number):
        """:return tuple: of :class:`Device`; the route point has one of its own"""
        if number in self.extensions:
            return self.extensions[number].devices
        if number == self.route_point:
            return (Device(number, f"sip:{number}@127.0.0.1:5090", "3CX Route Point", True),)
        return ()


def make_house(count=15, domain=DOMAIN, addresses=None):
    """:param int count: of extensions, from 101 on
    :param str domain: of their mail addresses
    :param dict addresses: number -> mail address, instead of ``prenom.nom@domain``
    :return House: 101 has three telephones, 102 two, the last one none, the others one"""
    extensions = {}
    names = [name.split(None, 1) for name in _NAMES.replace("\n", " ").split(",")]
    for place in range(count):
        number = str(101 + place)
        first, last = names[place] if place < len(names) else ("Agent", number)
        login = _LOGINS[place] if place < len(_LOGINS) else f"{_plain(first)}.{_plain(last)}"
        email = (addresses or {}).get(number, f"{login}@{domain}")
        extensions[number] = Extension(
            number, first, last, email, _devices(number, place, count), id=place + 20
        )
    agents = tuple(extensions)[: max(3, count - 5)]
    return House(extensions, {QUEUE: ("Service clients", agents)}, monitored=tuple(extensions))


def _devices(number, place, count):
    if count > 3 and place == count - 1:
        return ()
    phones = _PHONES[: max(1, 3 - place)] if place < 2 else (_PHONES[place % 3],)
    return tuple(
        Device(
            number,
            f"sip:{number}@127.0.0.1:{port};rinstance={int(number) * 7919 + port:016x}",
            agent,
            controllable,
        )
        for agent, port, controllable in phones
    )


def _plain(text):
    return text.lower().translate(str.maketrans("éèêëàâçïîôûü ", "eeeeaaciiouu-")).replace("-", "")
