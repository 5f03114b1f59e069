import { HtmlViewer } from "@html_editor/components/html_viewer/html_viewer";
import { Message } from "@mail/core/common/message_model";

import { patch } from "@web/core/utils/patch";
import { session } from "@web/session";

import { linkNumbers } from "./number_links";

function withLinks(content) {
    return session.threecx?.enabled ? linkNumbers(content, session.threecx.country) : content;
}

patch(Message.prototype, {
    setup() {
        super.setup(...arguments);
        // the definition of the field: what others compute, then the links
        const { compute } = this.richBody;
        this.richBody.compute = function () {
            return withLinks(compute.call(this));
        };
    },
});

patch(HtmlViewer.prototype, {
    formatValue() {
        const value = super.formatValue(...arguments);
        // a click inside a frame would not reach the listener of this page
        return this.showIframe ? value : withLinks(value);
    },
});
