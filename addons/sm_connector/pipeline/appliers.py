"""The registry of entities: everything the pipeline and the screens know of one is its applier."""

from .apply_article import ArticleApplier
from .apply_contact import ContactApplier
from .apply_dossier import DossierApplier
from .apply_order import OrderApplier

#: By entity, in the order of a night: what others refer to comes first.
APPLIERS = {
    applier.entity: applier
    for applier in sorted(
        (ContactApplier, ArticleApplier, OrderApplier, DossierApplier),
        key=lambda applier: applier.sequence,
    )
}
#: For selection fields.
ENTITIES = [(entity, applier.label) for entity, applier in APPLIERS.items()]
