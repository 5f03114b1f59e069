import { Component, useState } from "@odoo/owl";

/** A value of a record: one of its choices, or any text. */
export class MappingValue extends Component {
    static template = "sm_connector.MappingValue";
    static props = {
        choices: Array,
        value: { optional: true },
        id: { type: String, optional: true },
        onChange: Function,
    };
}

/** One setting of a conversion, as the control that fits its kind. */
export class MappingParam extends Component {
    static template = "sm_connector.MappingParam";
    static components = { MappingValue };
    static props = { param: Object, field: Object, id: String, onChange: Function };

    setup() {
        // rows of a table that have no code yet live here only
        this.state = useState({ draft: { key: "", value: "" } });
    }

    get kind() {
        const { kind } = this.props.param;
        if (kind === "json") {
            // a fixed value has the type of its field
            return { boolean: "tristate", integer: "number" }[this.props.field.converter] || "value";
        }
        return kind;
    }

    get tableRows() {
        return Object.entries(this.props.param.value || {});
    }

    get wordsText() {
        return (this.props.param.value || []).join("\n");
    }

    /** @param {any} value undefined for the usual one */
    change(value) {
        const isUsual = JSON.stringify(value) === JSON.stringify(this.props.param.usual);
        this.props.onChange(this.props.param.name, isUsual ? undefined : value);
    }

    changeNumber(text) {
        const number = parseInt(text, 10);
        this.change(Number.isNaN(number) ? undefined : number);
    }

    changeTristate(text) {
        this.change({ true: true, false: false }[text]);
    }

    changeWords(text) {
        this.change(
            text
                .split("\n")
                .map((word) => word.trim())
                .filter(Boolean)
        );
    }

    changeTable(position, key, value) {
        const rows = this.tableRows;
        rows[position] = [key, value];
        this.change(Object.fromEntries(rows.filter(([code]) => code !== "")));
    }

    removeRow(position) {
        this.change(Object.fromEntries(this.tableRows.filter((_row, index) => index !== position)));
    }

    changeValue(value) {
        this.change(value === "" ? undefined : value);
    }

    changeDraft(value) {
        this.state.draft.value = value;
    }

    addRow() {
        const { key, value } = this.state.draft;
        if (key) {
            this.change({ ...this.props.param.value, [key]: value });
            Object.assign(this.state.draft, { key: "", value: "" });
        }
    }
}
