import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { useService } from "@web/core/utils/hooks";

import { isAddress } from "../model/addresses";
import { isHtmlBlank } from "../model/html_text";
import { fileSize } from "../model/composer_model";
import { errorText } from "../model/errors";
import { Attachments } from "../thread/attachments";
import { Recipients } from "./recipients";
import { RichEditor } from "./rich_editor";

let nextFile = 1;

/** We write first: to somebody, on a channel that allows it. */
export class NewMessageDialog extends Component {
    static template = "omnichannel_inbox.NewMessageDialog";
    static components = { Attachments, Dialog, Recipients, RichEditor };
    static props = {
        model: Object,
        onSent: Function,
        to: { type: Array, optional: true },
        partnerId: { type: Number, optional: true },
        close: Function,
    };

    setup() {
        this.notification = useService("notification");
        this.editor = {};
        this.state = useState({
            channelId: this.props.model.canCompose[0].id,
            to: this.props.to || [],
            cc: [],
            subject: "",
            html: "",
            attachments: [],
            error: "",
            isBusy: false,
        });
    }

    get placeholder() {
        return _t("Write your message…");
    }

    async attach(files) {
        for (const file of files) {
            const key = `new-${nextFile++}`;
            this.state.attachments.push({
                key,
                id: false,
                name: file.name,
                size: file.size,
                mimetype: file.type,
                status: "uploading",
            });
            const data = await this.props.model.upload(false, file);
            const known = this.state.attachments.find((one) => one.key === key);
            if (known) {
                Object.assign(known, data, { status: data.error ? "failed" : "done" });
            }
        }
    }

    onFileInput(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        return this.attach(files);
    }

    remove(file) {
        this.state.attachments = this.state.attachments.filter(({ key }) => key !== file.key);
    }

    get totalSize() {
        return fileSize(this.state.attachments.reduce((sum, { size }) => sum + size, 0));
    }

    onKeydown(ev) {
        if ((ev.ctrlKey || ev.metaKey) && ev.key === "Enter") {
            ev.preventDefault();
            ev.stopPropagation();
            this.send();
        }
    }

    get problem() {
        const { to, cc, subject, html, attachments } = this.state;
        if (!to.length) {
            return _t("Nobody to send it to: add a recipient.");
        }
        const wrong = [...to, ...cc].find(({ email }) => !isAddress(email));
        if (wrong) {
            return _t("“%s” is not an e-mail address.", wrong.email);
        }
        if (!subject.trim()) {
            return _t("It has no subject.");
        }
        if (isHtmlBlank(html) && !attachments.length) {
            return _t("The message is empty.");
        }
        if (attachments.some(({ status }) => status !== "done")) {
            return _t("Files are still on their way, or could not be uploaded.");
        }
        return "";
    }

    async send() {
        if (this.state.isBusy) {
            return;
        }
        this.state.error = this.problem;
        if (this.state.error) {
            return;
        }
        const { channelId, to, cc, subject, html, attachments } = this.state;
        this.state.isBusy = true;
        try {
            const result = await this.props.model.call("start", [
                Number(channelId),
                {
                    to,
                    cc,
                    bcc: [],
                    subject,
                    html,
                    attachment_ids: attachments.map(({ id }) => id),
                    signature: true,
                    partner_id: this.props.partnerId || false,
                },
            ]);
            if (result.state === "refused") {
                this.state.error = result.message;
                return;
            }
            this.props.close();
            this.props.onSent(result.case_id);
        } catch (error) {
            this.state.error = errorText(error);
        } finally {
            this.state.isBusy = false;
        }
    }
}
