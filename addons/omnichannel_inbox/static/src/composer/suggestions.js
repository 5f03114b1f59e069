import { Component, markup, useEffect, useRef } from "@odoo/owl";

/**
 * What `::` or `@` offers, above the text, with how it would read. The keys are those of the
 * editor, which keeps the focus.
 */
export class Suggestions extends Component {
    static template = "omnichannel_inbox.Suggestions";
    static props = {
        kind: String,
        options: Array,
        index: Number,
        isLoading: Boolean,
        onHover: Function,
        onPick: Function,
    };

    setup() {
        this.root = useRef("root");
        useEffect(
            () => {
                this.root.el.querySelector(".active")?.scrollIntoView({ block: "nearest" });
            },
            () => [this.props.index]
        );
    }

    get current() {
        return this.props.options[this.props.index];
    }

    get preview() {
        // markup: cleaned here, whatever a colleague put into it
        return this.current?.html ? markup(DOMPurify.sanitize(this.current.html)) : "";
    }
}
