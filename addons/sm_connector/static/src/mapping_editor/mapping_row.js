import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { MappingParam } from "./mapping_params";
import { foldColumn, paramsOf, sourcesOf } from "./mapping_rows";

const SHOWN = 3; // samples of a row that is closed

/** One line of the editor: a column, the field it feeds, how, and what comes out. */
export class MappingRow extends Component {
    static template = "sm_connector.MappingRow";
    static components = { MappingParam };
    static props = {
        row: Object,
        editor: Object,
        isOpen: Boolean,
        isNew: Boolean,
        results: { type: Array, optional: true },
        problem: { type: Object, optional: true },
        proposal: { type: Object, optional: true },
        onToggle: Function,
        onTarget: Function,
        onChange: Function,
        onColumn: Function,
        onUse: Function,
    };

    get id() {
        return `o_sm_row_${this.props.row.key.replace(/[^\w-]/g, "_")}`;
    }

    get rule() {
        return this.props.row.rule;
    }

    get field() {
        return this.props.editor.fieldByName[this.props.row.target];
    }

    get converter() {
        return this.rule.converter || this.field.converter;
    }

    get isConstant() {
        return this.converter === "constant";
    }

    get columnLabel() {
        const { row } = this.props;
        if (row.kind === "unmapped") {
            return row.column;
        }
        return this.rule ? sourcesOf(this.rule).join(" + ") : "";
    }

    /** Mandatory and not fed, or something is wrong with its settings. */
    get isBad() {
        return this.props.row.kind === "missing" || Boolean(this.props.problem);
    }

    get labels() {
        const name = this.field ? this.field.label : "";
        return {
            column: _t("Column that feeds %s", name),
            target: _t("Field fed by %s", this.columnLabel),
            conversion: _t("Conversion of %s", name),
            owner: _t("Who owns %s", name),
            toggle: this.props.isOpen ? _t("Close") : _t("Settings and all samples"),
            part: this.rule ? _t("part %s", this.rule.part) : "",
        };
    }

    get failing() {
        const { results } = this.props;
        const count = (results || []).filter((result) => result.error).length;
        return count
            ? _t("%(count)s of %(total)s samples fail", { count, total: results.length })
            : "";
    }

    /** Every sample as read, beside what it becomes when a rule converts it. */
    get samples() {
        const { editor, row, results } = this.props;
        if (results) {
            return results;
        }
        const column = row.column || (this.rule && this.rule.source);
        return column ? editor.textsOf(column).map((text) => ({ text })) : [];
    }

    /** Those that tell most: the ones that fail, then different ones. */
    get fewSamples() {
        const seen = new Set();
        const distinct = this.samples.filter(({ text, error }) => {
            const isFirst = !seen.has(text) && (text.trim() || error);
            seen.add(text);
            return isFirst;
        });
        const shown = distinct.sort((one, other) => Boolean(other.error) - Boolean(one.error));
        return (shown.length ? shown : this.samples.slice(0, 1)).slice(0, SHOWN);
    }

    get params() {
        return paramsOf(this.rule, this.field, this.props.editor.converters);
    }

    get how() {
        const { proposal } = this.props;
        if (!this.rule || !proposal || foldColumn(proposal.column) !== foldColumn(this.rule.source)) {
            return "";
        }
        return this.describe(proposal);
    }

    describe(proposal) {
        return {
            exact: _t("Known name"),
            synonym: _t("Usual name"),
            similar: _t("Similar (%s%)", proposal.percent),
        }[proposal.how];
    }

    get howClass() {
        return this.props.proposal.how === "similar" ? "text-warning-emphasis" : "text-success";
    }

    get howIcon() {
        return this.props.proposal.how === "similar" ? "fa-question-circle" : "fa-check";
    }

    get freeTargets() {
        const { editor, row } = this.props;
        const isFree = (field) => field.name === row.target || !editor.fed.has(field.name);
        return editor.groups
            .map((group) => ({ ...group, fields: group.fields.filter(isFree) }))
            .filter((group) => group.fields.length);
    }

    get ownerships() {
        return this.props.editor.ownerships.filter(([name]) => this.field.ownerships.includes(name));
    }

    get isJoined() {
        return this.rule.more.length > 0;
    }

    get isSplit() {
        return this.rule.part !== 0;
    }

    changeParam(name, value) {
        const params = { ...this.rule.params };
        if (value === undefined) {
            delete params[name];
        } else {
            params[name] = value;
        }
        this.props.onChange({ params });
    }

    changeConverter(name) {
        const change = { converter: name === this.field.converter ? "" : name, params: {} };
        if (name === "constant") {
            Object.assign(change, { source: "", more: [], part: 0 });
        }
        this.props.onChange(change);
    }

    onJoin(ev) {
        const column = ev.target.value;
        ev.target.value = "";
        this.props.onChange({ more: [...this.rule.more, column], part: 0 });
    }

    removeColumn(position) {
        const columns = sourcesOf(this.rule).filter((_name, index) => index !== position);
        this.props.onChange({ source: columns[0], more: columns.slice(1) });
    }

    changePart(text) {
        const part = parseInt(text, 10) || 0;
        this.props.onChange({ part, separator: this.rule.separator || " " });
    }
}
