"""One record per transaction: how connector frameworks load, a job for each record.

Model: `create` of `res.partner`, `product.product` and `sale.order` (lines by `Command.create`),
in a database without our addons. Context: the default one, nothing switched off. Commit: after each
record, on a cursor and an environment of its own, as a job has. Each job looks up its own external
id, creates the record, and binds it to its external id (`ir.model.data` stands for the binding);
what it refers to is looked up by external id too. An order is then put into its state by one
`write` in the same transaction. Reading the file is not measured.
"""

from odoo import Command

from . import rows as sample

MODELS = {"contact": "res.partner", "article": "product.product", "order": "sale.order"}


def load(process, path: str, entity: str, limit: int) -> dict:
    """Create at most ``limit`` of the records of ``path``, a transaction for each.

    :return: seconds, records, and the records per second of both halves
    """
    records = sample.read(path)
    with process.environment() as env:
        if entity == "order":
            jobs = list(sample.orders(env, records[:limit]))
        else:
            rows = getattr(sample, f"{entity}s")(env, records)
            jobs = [(row, [], None) for row in rows[:limit]]
        env.cr.commit()
    halves, before = [], 0.0
    middle = len(jobs) // 2
    for part in (jobs[:middle], jobs[middle:]):
        with process.clock():
            for header, lines, state in part:
                with process.environment() as env:
                    _job(env, MODELS[entity], header, lines, state)
                    env.cr.commit()
        halves.append(len(part) / (process.seconds - before))
        before = process.seconds
    return {"seconds": process.seconds, "records": len(jobs), "halves": halves}


def _job(env, model: str, header: dict, lines: list[dict], state: str | None) -> None:
    xmlid = header["id"]
    if env.ref(xmlid, raise_if_not_found=False):
        raise RuntimeError(f"{xmlid} is there already: the sample is not new to this database")
    vals = _values(env, header)
    if lines:
        vals["order_line"] = [Command.create(_values(env, line, sample.LINE)) for line in lines]
    record = env[model].create(vals)
    if state not in (None, "draft"):
        record.write({"state": state, "locked": state == "sale"})
    env["ir.model.data"]._update_xmlids([{"xml_id": xmlid, "record": record}])


def _values(env, row: dict, prefix: str = "") -> dict:
    """Return the values for `create` of a row in the columns of an import file."""
    vals = {}
    for column, value in row.items():
        name, _slash, kind = column.removeprefix(prefix).partition("/")
        if name == "id":
            continue
        if kind == "id":
            vals[name] = env.ref(value).id if value else False
        elif kind == ".id":
            vals[name] = [Command.set([value] if value else [])]
        else:
            vals[name] = False if value in (None, "") else value
    return vals
