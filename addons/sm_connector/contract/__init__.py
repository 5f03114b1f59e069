"""What the columns of an export mean: canonical fields, converters, validation and hashes.

Nothing in this package touches the database, the network or the disk.
"""

from .article import ArticleContract
from .base import Contract, Field, FieldRule
from .contact import ContactContract
from .converters import CONVERTERS, Converter, Param
from .default_mapping import SILICON_MASTER_FR
from .dossier import DossierContract
from .errors import MappingError, ParamError, RowError
from .mapping import CompiledMapping, canonical_hash, compile_mapping
from .order import OrderContract
from .recognise import Proposal, recognise
from .shipped import SHIPPED, ShippedMapping

__all__ = [
    "CONTRACTS",
    "CONVERTERS",
    "SILICON_MASTER_FR",
    "CompiledMapping",
    "Contract",
    "Converter",
    "Field",
    "FieldRule",
    "MappingError",
    "Param",
    "ParamError",
    "Proposal",
    "RowError",
    "SHIPPED",
    "ShippedMapping",
    "canonical_hash",
    "compile_mapping",
    "recognise",
]

CONTRACTS: dict[str, Contract] = {
    contract.entity: contract
    for contract in (ContactContract(), ArticleContract(), OrderContract(), DossierContract())
}
