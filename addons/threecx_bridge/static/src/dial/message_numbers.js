import { HtmlViewer } from "@html_editor/components/html_viewer/html_viewer";
import { Message } from "@mail/core/common/message_model";

import { patch } from "@web/core/utils/patch";
import { session } from "@web/session";

import { linkNumbers, linkNumbersIn } from "./number_links";

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
        // a whole page would lose its head and body: its numbers become links in the frame
        return this.showIframe ? value : withLinks(value);
    },

    processReadonlyContent(container) {
        if (this.showIframe && session.threecx?.enabled) {
            linkNumbersIn(container, session.threecx.country);
            // a click in a frame does not reach the listener of this page
            this.env.services.threecx_tel_links.listen(container);
        }
        return super.processReadonlyContent(...arguments);
    },
});
