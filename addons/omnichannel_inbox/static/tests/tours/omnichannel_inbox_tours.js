import { queryOne } from "@odoo/hoot-dom";

import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const EDITOR = ".o_omni_composer .odoo-editor-editable";
const NOTE = ".o_omni_composer[data-mode=note] .odoo-editor-editable";

const folder = (key) => ({ trigger: `.o_omni_folder[data-key=${key}]`, run: "click" });
const open = (subject) => ({
    content: `Open "${subject}"`,
    trigger: `.o_omni_item:has(.o_omni_subject:contains(${subject}))`,
    run: "click",
});
const gone = (subject) => ({
    content: `"${subject}" has left the list`,
    trigger: `.o_omni_rows:not(:has(.o_omni_subject:contains(${subject})))`,
});
const toast = (text) => ({ trigger: `.o_notification.o_omni_toast:contains(${text})` });
const key = (name) => ({
    content: `Key ${name}`,
    trigger: ".o_omni_thread[data-status=ready]",
    run() {
        const options = { key: name, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new KeyboardEvent("keydown", options));
    },
});

tours.add("omnichannel_inbox_answer_tour", {
    steps: () => [
        {
            content: "Nobody's, not read yet",
            ...folder("unassigned"),
        },
        { trigger: ".o_omni_unread .o_omni_subject:contains(Where is my sofa)" },
        open("Where is my sofa"),
        { trigger: ".o_omni_thread_title:contains(Where is my sofa)" },
        {
            content: "Reading is reading",
            trigger: ".o_omni_item:not(.o_omni_unread) .o_omni_subject:contains(Where is my sofa)",
        },
        {
            content: "What the customer wrote, in a frame that runs nothing",
            trigger: ".o_omni_frame iframe:not([sandbox*=scripts])",
        },
        { trigger: ".o_customer_card[data-status=ready]" },
        { trigger: ".o_omni_identity .o_omni_level" },
        key("n"),
        { trigger: NOTE, run: "editor Ask the depot" },
        { trigger: ".o_omni_send:contains(Add the note)", run: "click" },
        { trigger: ".o_omni_message_note:contains(Ask the depot)" },
        { trigger: ".o_omni_composer[data-mode=closed]" },
        key("r"),
        { trigger: EDITOR, run: "editor It comes on Friday" },
        { trigger: ".o_omni_saved:contains(Draft saved)" },
        { trigger: ".o_omni_send:contains(Send and wait)", run: "click" },
        toast("on its way"),
        { trigger: ".o_omni_message_out .o_omni_state:contains(Leaves in)" },
        {
            content: "Second thoughts",
            trigger: ".o_omni_message_out [data-action=cancel]",
            run: "click",
        },
        { trigger: `${EDITOR}:contains(It comes on Friday)`, run: "editor It comes on Monday" },
        { trigger: ".o_omni_saved:contains(Draft saved)" },
        { trigger: ".o_omni_send", run: "click" },
        { trigger: ".o_omni_message_out[data-state=queued]" },
        { trigger: ".o_omni_actions .badge:contains(Waiting for the customer)" },
        gone("Where is my sofa"),
        folder("waiting"),
        { trigger: ".o_omni_item .o_omni_subject:contains(Where is my sofa)" },
    ],
});

tours.add("omnichannel_inbox_sort_tour", {
    steps: () => [
        folder("unassigned"),
        open("Broken chair"),
        { trigger: ".o_omni_thread_title:contains(Broken chair)" },
        {
            content: "Take it",
            trigger: ".o_omni_claim",
            run: "click",
        },
        toast("you have it now"),
        gone("Broken chair"),
        folder("mine"),
        open("Broken chair"),
        { trigger: ".o_omni_category", run: "selectByLabel Return" },
        { trigger: ".o_omni_add_tag", run: "click" },
        { trigger: "[data-field=tag_ids] input", run: "edit Fragile" },
        { trigger: "[data-field=tag_ids] .dropdown-item:contains(Fragile)", run: "click" },
        { trigger: ".o_omni_item .o_omni_tag:contains(Fragile)" },
        {
            content: "To a colleague",
            ...key("a"),
        },
        { trigger: ".o_omni_assign_search", run: "edit Bert" },
        { trigger: ".o_omni_assignee:contains(Bert)", run: "click" },
        toast("Bert Answer has it now"),
        {
            content: "No: mine after all",
            trigger: ".o_omni_toast:contains(Bert) button:contains(Undo)",
            run: "click",
        },
        { trigger: ".o_omni_item .o_omni_subject:contains(Broken chair)" },
        key("s"),
        { trigger: ".o_omni_snooze_choice[data-key=tomorrow]", run: "click" },
        toast("put aside"),
        gone("Broken chair"),
        folder("snoozed"),
        open("Broken chair"),
        { trigger: ".o_omni_wake", run: "click" },
        gone("Broken chair"),
        folder("mine"),
        open("Broken chair"),
        { trigger: ".o_omni_thread_title:contains(Broken chair)" },
        key("e"),
        toast("closed"),
        gone("Broken chair"),
        folder("done"),
        { trigger: ".o_omni_item .o_omni_subject:contains(Broken chair)" },
    ],
});

tours.add("omnichannel_inbox_merge_tour", {
    steps: () => [
        folder("all"),
        {
            content: "Search by the words of a message",
            trigger: ".o_omni_search input",
            run: "edit doorbell",
        },
        gone("Broken chair"),
        open("Delivery on Friday"),
        { trigger: ".o_omni_thread_title:contains(Delivery on Friday)" },
        { trigger: ".o_omni_more_actions", run: "click" },
        { trigger: ".o_omni_merge", run: "click" },
        { trigger: ".o_omni_merge_search", run: "edit Where is my sofa" },
        { trigger: ".o_omni_merge_choice:contains(Where is my sofa) input", run: "click" },
        { trigger: ".o_omni_merge_confirm:enabled", run: "click" },
        toast("put into"),
        {
            content: "Both stories in one thread",
            trigger: ".o_omni_thread_title:contains(Where is my sofa)",
        },
        { trigger: ".o_omni_message_in .o_omni_message_head:contains(eve@example.com)" },
        { trigger: ".o_omni_toast:contains(put into) button:contains(Undo)", run: "click" },
        toast("Taken back"),
        { trigger: ".o_omni_item .o_omni_subject:contains(Delivery on Friday)" },
    ],
});

tours.add("omnichannel_inbox_bulk_tour", {
    steps: () => [
        folder("unassigned"),
        {
            trigger: ".o_omni_item:has(.o_omni_subject:contains(Broken chair))",
            run: "hover && click .o_omni_item:has(.o_omni_subject:contains(Broken chair)) input",
        },
        {
            trigger: ".o_omni_item:has(.o_omni_subject:contains(Delivery on Friday)) input",
            run: "click",
        },
        { trigger: ".o_omni_bulk_count:contains(2 selected)" },
        { trigger: ".o_omni_bulk_close", run: "click" },
        toast("2 tickets"),
        gone("Broken chair"),
        {
            ...key("u"),
            content: "Nothing is open: the key goes to the page",
            trigger: ".o_omni_none",
        },
        { trigger: ".o_omni_item .o_omni_subject:contains(Broken chair)" },
    ],
});

tours.add("omnichannel_inbox_phone_tour", {
    steps: () => [
        {
            content: "The list alone",
            trigger: ".o_omni_small[data-pane=list] .o_omni_open_folders",
            run: "click",
        },
        folder("unassigned"),
        open("Where is my sofa"),
        { trigger: ".o_omni_small[data-pane=thread] .o_omni_thread[data-status=ready]" },
        { trigger: ".o_omni_toggle_side", run: "click" },
        { trigger: ".o_omni_side .o_customer_card[data-status=ready]" },
        { trigger: ".o_omni_side_back", run: "click" },
        { trigger: ".o_omni_reply", run: "click" },
        { trigger: EDITOR, run: "editor On my way" },
        {
            content: "The way to send is on the screen",
            trigger: ".o_omni_send",
            run() {
                const { right, bottom } = queryOne(".o_omni_send").getBoundingClientRect();
                if (right > window.innerWidth || bottom > window.innerHeight) {
                    throw new Error("The button to send lies outside of the screen.");
                }
            },
        },
        { trigger: ".o_omni_send", run: "click" },
        { trigger: ".o_omni_message_out[data-state=queued]" },
        { trigger: ".o_omni_back", run: "click" },
        { trigger: ".o_omni_small[data-pane=list] .o_omni_list" },
    ],
});

tours.add("omnichannel_inbox_changed_tour", {
    steps: () => [
        { trigger: `.o_omni_composer[data-mode=closed] .o_omni_reply`, run: "click" },
        { trigger: EDITOR, run: "editor Tomorrow" },
        {
            content: "Meanwhile a colleague answers",
            trigger: ".o_omni_saved:contains(Draft saved)",
            async run() {
                const { orm } = odoo.__WOWL_DEBUG__.root.env.services;
                await orm.call("crm.ticket", "omni_test_answer", [[]]);
            },
        },
        { trigger: ".o_omni_send", run: "click" },
        { trigger: ".modal .o_omni_changes:contains(I have told her)" },
        { trigger: ".o_omni_read_first", run: "click" },
        { trigger: ".o_omni_message_out .o_omni_message_head:contains(Bert Answer)" },
        { trigger: `${EDITOR}:contains(Tomorrow)` },
        { trigger: ".o_omni_discard", run: "click" },
        { trigger: ".modal .btn-primary:contains(Discard)", run: "click" },
        { trigger: ".o_omni_composer[data-mode=closed]" },
    ],
});

const PLAIN = ".o_omni_composer textarea.o_omni_plain";

tours.add("omnichannel_inbox_channels_tour", {
    steps: () => [
        { trigger: ".o_omni_thread[data-status=ready]" },
        key("r"),
        {
            content: "Where he wrote last, and how long it can be answered there",
            trigger: ".o_omni_via:contains(Messenger of the shop)",
        },
        { trigger: ".o_omni_window[data-kind=open][data-level=calm]" },
        { trigger: PLAIN, run: "edit On Monday, says the depot" },
        { trigger: ".o_omni_length:contains(2 messages)" },
        {
            content: "He waits elsewhere, too",
            trigger: ".o_omni_also:contains(By mail: where is it?)",
        },
        {
            content: "By mail, then; the text goes along",
            trigger: "button.o_omni_via",
            run: "click",
        },
        { trigger: ".o-dropdown-item:contains(Test demo)", run: "click" },
        { trigger: `${EDITOR}:contains(On Monday, says the depot)` },
        {
            trigger: ".o_omni_also label:contains(Hello?) input",
            run: "click",
        },
        { trigger: ".o_omni_later", run: "click" },
        { trigger: ".o_omni_snooze_choice[data-key=hour]", run: "click" },
        toast("Your answer leaves"),
        { trigger: ".o_omni_message_out .o_omni_state:contains(unless somebody writes before)" },
        folder("scheduled"),
        { trigger: ".o_omni_item:has(.o_omni_scheduled) .o_omni_subject:contains(Where is my sofa)" },
    ],
});

tours.add("omnichannel_inbox_closed_tour", {
    steps: () => [
        { trigger: ".o_omni_closed:contains(is over)" },
        { trigger: ".o_omni_reply:contains(another channel)", run: "click" },
        { trigger: ".o_omni_detour:contains(is over)" },
        { trigger: ".o_omni_to_text:contains(Anne Tourneur)" },
        { trigger: EDITOR, run: "editor It is valid for two years" },
        { trigger: ".o_omni_saved:not(:visible):contains(Draft saved)" },
        { trigger: ".o_omni_send", run: "click" },
        { trigger: ".o_omni_message_out[data-state=queued]" },
    ],
});

tours.add("omnichannel_inbox_join_tour", {
    steps: () => [
        { trigger: ".o_omni_suggested:contains(Is anybody there?)" },
        { trigger: ".o_omni_suggested .o_omni_reasons:contains(customer)" },
        { trigger: ".o_omni_join", run: "click" },
        { trigger: ".o_omni_desk:contains(answered in Fake desk)" },
        { trigger: ".o_omni_desk_link[href='https://desk.example/c-1']" },
        { trigger: ".o_omni_message_in:contains(Chat of the site)" },
        { trigger: ".o_omni_message_in:contains(Test demo)" },
        {
            content: "There it is answered at the desk; here it can be noted",
            trigger: ".o_omni_note",
            run: "click",
        },
        { trigger: NOTE, run: "editor She is on the chat" },
        { trigger: ".o_omni_send", run: "click" },
        { trigger: ".o_omni_message_note:contains(She is on the chat)" },
        { trigger: ".o_omni_joined .o_omni_join_undo", run: "click" },
        { trigger: ".o_omni_messages:not(:has(.o_omni_message_in:contains(Chat of the site)))" },
        { trigger: ".o_omni_strips:not(:has(.o_omni_joined)), .o_omni_thread:not(:has(.o_omni_strips))" },
    ],
});
