import { Component, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * What to type into the master, column by column: each value is copied with one click, or the whole
 * sheet at once.
 */
export class EncodeSheet extends Component {
    static template = "sm_connector.EncodeSheet";
    static props = { ...standardWidgetProps };

    setup() {
        this.notification = useService("notification");
        this.state = useState({ copied: null });
    }

    get lines() {
        return this.props.record.data.sm_encode_lines || [];
    }

    label(line) {
        return _t("Copy %s", line[0]);
    }

    async copy(text, mark) {
        try {
            await browser.navigator.clipboard.writeText(text);
            this.state.copied = mark;
        } catch {
            this.notification.add(_t("This browser does not let the page copy: mark the text."), {
                type: "warning",
            });
        }
    }

    copyAll() {
        return this.copy(this.props.record.data.sm_encode_text, "all");
    }
}

registry.category("view_widgets").add("sm_encode_sheet", {
    component: EncodeSheet,
    fieldDependencies: [
        { name: "sm_encode_lines", type: "json", readonly: true },
        { name: "sm_encode_text", type: "text", readonly: true },
    ],
});
