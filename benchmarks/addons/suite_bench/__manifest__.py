{
    "name": "Suite Benchmarks",
    "summary": "What the measurements compare our routes with; never installed",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Silicon CRM Suite contributors",
    "license": "LGPL-3",
    "depends": ["threecx_bridge"],
    "installable": False,
}
