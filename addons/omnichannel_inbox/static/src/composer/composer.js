import { Component, onWillUnmount, useEffect, useRef, useState, markup } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { useCustomDropzone } from "@web/core/dropzone/dropzone_hook";
import { Dropzone } from "@web/core/dropzone/dropzone";
import { normalize } from "@web/core/l10n/utils/normalize";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

import { fileSize } from "../model/composer_model";
import { scheduleChoices } from "../model/times";
import { Attachments } from "../thread/attachments";
import { SnoozeMenu } from "../thread/snooze_menu";
import { ChangedDialog } from "./changed_dialog";
import { PlainEditor } from "./plain_editor";
import { Recipients } from "./recipients";
import { ReplyWindow } from "./reply_window";
import { RichEditor } from "./rich_editor";
import { Suggestions } from "./suggestions";

const THEN_KEY = "omnichannel_inbox.then";
/** Somebody who has not typed for so long does not write any more. */
const TYPING_MS = 8000;
/** How far ahead an answer can be written (days). */
export const SCHEDULE_DAYS = 30;
/** Part of a text's room below which one wants to know what is left of it. */
const SCARCE = 0.2;

/** The answer, or the note, to the open ticket. */
export class Composer extends Component {
    static template = "omnichannel_inbox.Composer";
    static components = {
        Attachments,
        Dropdown,
        DropdownItem,
        PlainEditor,
        Recipients,
        ReplyWindow,
        RichEditor,
        SnoozeMenu,
        Suggestions,
    };
    static props = { model: Object, composer: Object, commands: Object };

    setup() {
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.ui = useState(useService("ui"));
        this.root = useRef("root");
        this.file = useRef("file");
        /** What the editor offers: focus, insert, replaceTrigger, hasFocus. */
        this.editor = {};
        this.keepLast = new KeepLast();
        this.state = useState({
            showRecipients: false,
            showFormats: !this.ui.isSmall,
            isChecking: false,
            trigger: null,
            options: [],
            index: 0,
            isLoading: false,
        });
        this.scheduleChoices = scheduleChoices;
        this.scheduleDays = SCHEDULE_DAYS;
        this.searchLater = useDebounced(() => this.searchCanned(), 200);
        const commands = {
            write: (mode) => this.write(mode),
            isTyping: () => Boolean(this.typingTimer),
        };
        Object.assign(this.props.commands, commands);
        useCustomDropzone(
            this.root,
            Dropzone,
            { extraClass: "o_omni_dropzone", onDrop: (ev) => this.onDrop(ev) },
            () => this.composer.isOpen
        );
        useEffect(
            (generation, isOpen) => {
                if (isOpen && this.wantsFocus) {
                    this.wantsFocus = false;
                    this.editor.focus?.();
                }
            },
            () => [
                this.composer.generation,
                this.composer.isOpen,
                this.composer.mode,
                this.composer.conversationId,
            ]
        );
        onWillUnmount(() => {
            this.stopTyping();
            this.composer.flush();
            for (const [name, command] of Object.entries(commands)) {
                if (this.props.commands[name] === command) {
                    delete this.props.commands[name];
                }
            }
        });
    }

    get composer() {
        return this.props.composer;
    }

    get thread() {
        return this.composer.thread;
    }

    get canReply() {
        return Boolean(this.thread.answerable.length || this.thread.starts.length);
    }

    /** Why the customer is not answered where he wrote last, before an answer is begun. */
    get closed() {
        const { lastConversation } = this.thread;
        return (lastConversation || this.thread.conversations[0])?.blocked || "";
    }

    /** The desk at which somebody takes care of him. */
    get desk() {
        return this.thread.conversations.find(({ desk, elsewhere }) => desk && elsewhere);
    }

    /** The conversation that another application has, and that can be taken over from it. */
    get controlled() {
        const { lastConversation, conversations } = this.thread;
        const { isOpen, conversation } = this.composer;
        const one = isOpen ? conversation : lastConversation || conversations[0];
        return one?.controlled_by && one.capabilities.can_send ? one : null;
    }

    async takeOver() {
        const { caseId } = this.thread;
        await this.props.model.call("take_over", [caseId, this.controlled.id]);
        await this.props.model.refreshCase(caseId);
    }

    get deskLink() {
        return _t("Open in %s", this.desk.desk);
    }

    // -- opening and closing -------------------------------------------------------------------

    write(mode) {
        if (mode === "reply" && !this.canReply) {
            return;
        }
        this.wantsFocus = true;
        const { isOpen, mode: old } = this.composer;
        this.composer.open(mode);
        if (!isOpen && mode === "reply" && this.composer.blocked(this.props.model.now)) {
            this.answerElsewhere();
        }
        if (isOpen && old === this.composer.mode) {
            this.wantsFocus = false;
            this.editor.focus?.();
        }
    }

    setMode(mode) {
        this.closeSuggestions();
        this.wantsFocus = true;
        this.composer.open(mode);
        if (!this.composer.isBlank) {
            this.composer.changed();
        }
    }

    /** The text goes along. */
    setConversation(conversation) {
        this.wantsFocus = true;
        this.composer.startOn(conversation);
        this.composer.changed(!this.composer.isBlank);
    }

    get next() {
        return this.composer.nextConversation;
    }

    get nextText() {
        const { next } = this;
        return next.capabilities.subject
            ? _t("Answer by mail instead")
            : _t("Answer on %s instead", next.channel.name);
    }

    answerElsewhere() {
        if (this.next) {
            this.setConversation(this.next);
        }
    }

    leave() {
        if (this.composer.isBlank) {
            this.composer.discard();
        } else {
            this.composer.flush();
        }
        document.activeElement?.blur();
    }

    discard() {
        if (this.composer.isBlank) {
            return this.composer.discard();
        }
        this.dialog.add(ConfirmationDialog, {
            title: _t("Discard the draft?"),
            body: _t("What you have written will be gone."),
            confirmLabel: _t("Discard"),
            confirm: () => this.composer.discard(),
            cancelLabel: _t("Keep it"),
            cancel: () => {},
        });
    }

    // -- what is shown -------------------------------------------------------------------------

    get placeholder() {
        if (this.composer.isNote) {
            return _t("Only colleagues read this. @ names somebody.");
        }
        const [first] = this.composer.to;
        const name = this.composer.conversation?.identity.name || first?.name || first?.email;
        return name ? _t("Answer to %s… (:: for canned answers)", name) : _t("Write your answer…");
    }

    get signature() {
        // markup: the user's own, cleaned here once more
        return markup(DOMPurify.sanitize(this.composer.signatureHtml));
    }

    get toText() {
        return (
            this.composer.to.map(({ name, email }) => name || email).join(", ") || _t("Nobody yet")
        );
    }

    get hasRecipients() {
        return !this.composer.isNote && Boolean(this.composer.capabilities.cc);
    }

    get showsRecipients() {
        return (
            this.state.showRecipients ||
            !this.composer.to.length ||
            Boolean(this.composer.recipientProblem)
        );
    }

    get otherConversations() {
        return [...this.thread.answerable, ...this.thread.starts].filter(
            ({ id }) => id !== this.composer.conversationId
        );
    }

    get blocked() {
        return this.composer.blocked(this.props.model.now);
    }

    /** He wrote last where he cannot be answered: why this goes elsewhere. */
    get detour() {
        const { lastConversation: last } = this.thread;
        const isElsewhere = last && last.id !== this.composer.conversationId;
        return (!this.composer.isNote && isElsewhere && last.blocked) || "";
    }

    /** Nothing as long as there is plenty of room. */
    get lengthText() {
        const { charactersLeft: left, length, lengthLimit, parts } = this.composer;
        if (left === false) {
            return "";
        }
        if (left < 0) {
            return _t("%s characters too many", -left);
        }
        if (parts > 1) {
            return _t("%(count)s characters, %(parts)s messages", { count: length, parts });
        }
        return left < lengthLimit * SCARCE ? _t("%s characters left", left) : "";
    }

    get attachTitle() {
        const { attachment_limit: limit } = this.composer.capabilities;
        return this.composer.isNote || !limit
            ? _t("Add files")
            : _t("Add files, up to %s each", fileSize(limit));
    }

    /** Of all files together; one alone tells its own. */
    get sizeText() {
        const { total_limit } = this.composer.capabilities;
        if (this.composer.attachments.length < 2) {
            return "";
        }
        const size = fileSize(this.composer.totalSize);
        return total_limit && !this.composer.isNote
            ? _t("%(size)s of %(limit)s", { size, limit: fileSize(total_limit) })
            : size;
    }

    get saveText() {
        return {
            saving: _t("Saving…"),
            dirty: _t("Saving…"),
            saved: _t("Draft saved"),
            failed: _t("The draft could not be saved."),
        }[this.composer.saveState];
    }

    // -- writing -------------------------------------------------------------------------------

    onChange(html) {
        this.composer.setHtml(html);
        this.startTyping();
    }

    startTyping() {
        if (!this.typingTimer) {
            this.props.model.announce(true);
        }
        browser.clearTimeout(this.typingTimer);
        this.typingTimer = browser.setTimeout(() => {
            this.typingTimer = null;
            this.props.model.announce(false);
        }, TYPING_MS);
    }

    stopTyping() {
        browser.clearTimeout(this.typingTimer);
        this.typingTimer = null;
    }

    /** In the recipients or on a button it is sent by the same keys. */
    onRootKeydown(ev) {
        if (this.composer.isOpen && (ev.ctrlKey || ev.metaKey) && ev.key === "Enter") {
            ev.preventDefault();
            ev.stopPropagation();
            this.sendAtOnce();
        }
    }

    onKeydown(ev) {
        if ((ev.ctrlKey || ev.metaKey) && ev.key === "Enter") {
            this.onRootKeydown(ev);
        } else if (this.state.trigger) {
            this.onSuggestionKey(ev);
        } else if (ev.key === "Escape") {
            ev.stopPropagation();
            this.leave();
        }
    }

    // -- canned answers and mentions -----------------------------------------------------------

    onTrigger(trigger) {
        const isOffered =
            trigger &&
            (trigger.name === "canned" || (trigger.name === "mention" && this.composer.isNote));
        if (!isOffered) {
            this.closeSuggestions();
            return;
        }
        const old = this.state.trigger;
        if (old?.name === trigger.name && old.term === trigger.term) {
            return;
        }
        this.state.trigger = trigger;
        this.state.index = 0;
        if (trigger.name === "mention") {
            this.state.options = this.colleagues(trigger.term);
        } else {
            this.state.isLoading = true;
            this.searchLater();
        }
    }

    closeSuggestions() {
        Object.assign(this.state, { trigger: null, options: [], index: 0, isLoading: false });
    }

    colleagues(term) {
        const text = normalize(term);
        return this.props.model.users
            .filter(({ name, partner_id }) => partner_id && normalize(name).includes(text))
            .slice(0, 8);
    }

    async searchCanned() {
        const { trigger } = this.state;
        if (trigger?.name !== "canned") {
            return;
        }
        const { conversationId, startsOn } = this.composer;
        const args = [this.thread.caseId, !startsOn && conversationId, trigger.term];
        try {
            const options = await this.keepLast.add(this.props.model.call("get_canned", args));
            if (this.state.trigger?.name === "canned") {
                Object.assign(this.state, { options, index: 0 });
            }
        } finally {
            this.state.isLoading = false;
        }
    }

    onSuggestionKey(ev) {
        const { options, index } = this.state;
        switch (ev.key) {
            case "ArrowDown":
            case "ArrowUp":
                if (options.length) {
                    const step = ev.key === "ArrowDown" ? 1 : -1;
                    this.state.index = (index + step + options.length) % options.length;
                }
                break;
            case "Enter":
            case "Tab":
                if (!options.length) {
                    return;
                }
                this.pick(options[index]);
                break;
            case "Escape":
                this.closeSuggestions();
                break;
            default:
                return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }

    pick(option) {
        const { trigger } = this.state;
        this.closeSuggestions();
        if (trigger.name === "mention") {
            const link = document.createElement("a");
            link.href = `/odoo/res.partner/${option.partner_id}`;
            link.className = "o_mail_redirect";
            link.dataset.oeModel = "res.partner";
            link.dataset.oeId = option.partner_id;
            link.textContent = `@${option.name}`;
            this.editor.replaceTrigger(`${link.outerHTML}&nbsp;`);
        } else {
            this.editor.replaceTrigger(option.html);
        }
    }

    /** The button does what typing `::` does. */
    openCanned() {
        this.editor.focus();
        this.editor.insert(this.composer.hasHtml && !this.composer.isBlank ? "&nbsp;::" : "::");
        this.onTrigger({ name: "canned", term: "", length: 2 });
    }

    // -- files ---------------------------------------------------------------------------------

    async attach(files) {
        const refusals = await this.composer.attach([...files]);
        refusals.forEach((refusal) => this.notification.add(refusal, { type: "warning" }));
        this.editor.focus?.();
    }

    onDrop(ev) {
        return this.attach(ev.dataTransfer.files);
    }

    onFileInput(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        return this.attach(files);
    }

    // -- sending -------------------------------------------------------------------------------

    get thenChoices() {
        return [
            { key: "wait", label: _t("Send and wait") },
            { key: "close", label: _t("Send and close") },
            { key: "open", label: _t("Send and keep open") },
        ];
    }

    /** The way one sent the last time, else the one of the user's preferences. */
    get then() {
        const last = browser.localStorage.getItem(THEN_KEY) || this.props.model.me?.then;
        return this.thenChoices.find(({ key }) => key === last) || this.thenChoices[0];
    }

    async sendThen(key) {
        browser.localStorage.setItem(THEN_KEY, key);
        await this.sendAtOnce();
    }

    /** Have it leave later, unless somebody writes before. */
    async sendAt(moment) {
        this.composer.sendAt = moment;
        await this.send();
    }

    async sendAtOnce() {
        this.composer.sendAt = false;
        await this.send();
    }

    async send() {
        const { composer } = this;
        if (composer.isSending || this.state.isChecking) {
            return;
        }
        if (composer.isUploading) {
            composer.error = _t("Files are still on their way.");
            return;
        }
        const problem = composer.problem(this.props.model.now);
        if (problem) {
            composer.error = problem;
            return;
        }
        if (composer.isNote) {
            return this.sendNote();
        }
        const { doubts } = composer;
        if (doubts.length && !(await this.confirm(doubts))) {
            this.editor.focus?.();
            return;
        }
        await this.sendNow(false, doubts.length > 0);
    }

    confirm(doubts) {
        this.state.isChecking = true;
        return new Promise((resolve) => {
            this.dialog.add(
                ConfirmationDialog,
                {
                    title: _t("Send it like this?"),
                    body: doubts.join("\n"),
                    // what an absent-minded Enter does is not to send it
                    confirmLabel: _t("Back to the text"),
                    confirm: () => resolve(false),
                    cancelLabel: _t("Send anyway"),
                    cancel: () => resolve(true),
                    dismiss: () => resolve(false),
                },
                {
                    onClose: () => {
                        this.state.isChecking = false;
                        resolve(false);
                    },
                }
            );
        });
    }

    /**
     * @param {boolean} force whatever has happened, and whatever is missing
     * @param {boolean} isSure of what is missing: the server need not ask a second time
     */
    async sendNow(force, isSure = false) {
        const { composer, thread } = this;
        this.stopTyping();
        let result = await composer.send(this.then.key, force);
        if (result.state === "refused" && result.can_force && isSure) {
            result = await composer.send(this.then.key, true);
        }
        if (result.state === "changed") {
            this.dialog.add(ChangedDialog, {
                changes: result.changes,
                onSend: () => this.sendNow(true),
                onRead: () => this.props.model.refreshThread(),
            });
        } else if (result.state === "queued") {
            await this.props.model.sent(thread.caseId, result);
        }
    }

    async sendNote() {
        const { composer, thread } = this;
        this.stopTyping();
        if (await composer.addNote()) {
            await this.props.model.refreshCase(thread.caseId);
        }
    }
}
