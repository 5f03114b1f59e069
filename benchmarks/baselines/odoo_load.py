"""Odoo's own import: what a user who imports the same rows from a CSV file gets.

Model: ``load()`` of `res.partner`, `product.product` and `sale.order` (with `order_line/…`
columns), in a database without our addons. Context: ``import_file``, nothing switched off. Commit:
after each batch of 2,000 rows, the default of Odoo's screen. The rows refer to records by external
id, the quickest way there is. Reading the file is not measured. Orders are imported as quotations
and then put into their state, locked, by one `write` per state and batch: Odoo's cheapest way, as
confirming them costs a fifth more.

Odoo's screen has a box "Track history during import". Unticked, as it is at first, it adds
``tracking_disable``; that rate is told beside the pairs, so that nobody is misled.
"""

from collections import defaultdict

from . import rows as sample

BATCH = 2000
MODELS = {"contact": "res.partner", "article": "product.product"}


def load(process, path: str, entity: str, tracking: bool = True) -> dict:
    """Import the records of ``path``.

    :param bool tracking: False: as from Odoo's screen with its box for the history unticked

    :return: seconds, records
    """
    records = sample.read(path)
    with process.environment() as env:
        if not tracking:
            env = env(context={**env.context, "tracking_disable": True})
        if entity == "order":
            _orders(process, env, records)
        else:
            rows = getattr(sample, f"{entity}s")(env, records)
            env.cr.commit()
            _flat(process, env, MODELS[entity], rows)
    return {"seconds": process.seconds, "records": len(records)}


def _flat(process, env, model: str, rows: list[dict]) -> None:
    columns = list(rows[0])
    table = [[_cell(row[column]) for column in columns] for row in rows]
    with process.clock():
        for start in range(0, len(table), BATCH):
            _load(env, model, columns, table[start : start + BATCH])
            env.cr.commit()


def _orders(process, env, records: list[dict]) -> None:
    batches, columns = [], []
    for header, lines, state in sample.orders(env, records):
        columns = [*header, *lines[0]]
        if not batches or len(batches[-1][0]) + len(lines) > BATCH:
            batches.append(([], []))
        table, states = batches[-1]
        for line in lines:
            cells = {**header, **line} if line is lines[0] else line
            table.append([_cell(cells.get(column)) for column in columns])
        states.append(state)
    env.cr.commit()
    with process.clock():
        for table, states in batches:
            ids = _load(env, "sale.order", columns, table)
            by_state = defaultdict(list)
            for order_id, state in zip(ids, states, strict=True):
                by_state[state].append(order_id)
            for state, order_ids in by_state.items():
                if state != "draft":
                    env["sale.order"].browse(order_ids).write(
                        {"state": state, "locked": state == "sale"}
                    )
            env.cr.commit()


def _load(env, model: str, columns: list, table: list) -> list[int]:
    result = env[model].with_context(import_file=True, _import_limit=BATCH).load(columns, table)
    if not result["ids"]:
        raise RuntimeError(f"load() of {model} refused the rows: {result['messages'][:3]}")
    return result["ids"]


def _cell(value) -> str:
    """Return a value as a cell of an import file."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)
