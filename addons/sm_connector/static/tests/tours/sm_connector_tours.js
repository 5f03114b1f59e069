import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("sm_connector_operator_tour", {
    url: "/odoo/silicon-master",
    steps: () => [
        {
            content: "The only master opens by itself, and says how it is doing",
            trigger: ".o_sm_backend_status[data-level='new']",
        },
        { trigger: "button[name=action_run_now]", run: "click" },
        {
            content: "Progress takes the place of the button",
            trigger: ".o_sm_backend_status[data-level='busy'] .progress-bar",
        },
        { trigger: ".o_form_view:not(:has(button[name=action_run_now]))" },
        {
            content: "The form is read again by itself when the run has ended",
            trigger: ".o_sm_backend_status[data-level='attention']:contains(2 rows need attention)",
            timeout: 30000,
        },
        { trigger: ".o_field_widget[name=last_line_ids] .o_data_row:contains(Contacts)" },
        { trigger: "button[name=action_open_quarantine].oe_stat_button", run: "click" },
        { trigger: ".o_group_header:contains(Impossible date)" },
        { trigger: ".o_group_header:contains(No name)", run: "click" },
        { trigger: ".o_data_row:contains(C0003) td[name=external_id]", run: "click" },
        { trigger: ".o_field_widget[name=advice]:contains(Fill in the name in Silicon Master)" },
        {
            content: "The row is shown column by column",
            trigger: ".o_field_widget[name=raw_table] th:contains(Localité)",
        },
        { trigger: "button[name=action_ignore]", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(Ignored)" },
        { trigger: "button[name=action_reopen]" },
    ],
});

tours.add("sm_connector_admin_tour", {
    url: "/odoo/silicon-master",
    steps: () => [
        { trigger: "button[name=action_test_connection]", run: "click" },
        { trigger: ".o_notification:contains(The folders can be read and written)" },
        { trigger: "button[name=action_open_codes]", run: "click" },
        { trigger: ".o_group_header:contains(Order status)", run: "click" },
        { trigger: ".o_data_row:contains(CFR) td[name=name]", run: "click" },
        { trigger: ".o_data_row td[name=name] input", run: "edit Waiting for the customer" },
        { trigger: ".o_data_row td[name=status] input", run: "click" },
        { trigger: ".o_select_menu_item:contains(/^Confirmed$/)", run: "click" },
        { trigger: ".o_list_button_save", run: "click" },
        {
            content: "The code is explained",
            trigger: ".o_data_row:contains(Waiting for the customer):not(.o_selected_row)",
        },
    ],
});

tours.add("sm_connector_rep_tour", {
    steps: () => [
        { content: "A contact", trigger: ".alert-danger:contains(blocked in Silicon Master)" },
        { trigger: ".nav-link[name=silicon_master]", run: "click" },
        { trigger: ".o_field_widget[name=sm_code]:contains(C0001)" },
        { trigger: ".o_field_widget[name=sm_remarks]:contains(Ring twice)" },
        {
            content: "No connector menu and no links for a rep",
            trigger: ".o_form_view:not(:has([name=sm_link_ids]))",
        },
        { trigger: ".oe_stat_button:contains(Sales)", run: "click" },
        { trigger: ".o_data_row:contains(LIE0001) .badge:contains(Ready for pick-up)" },
        { trigger: ".o_data_row:contains(LIE0001) td[name=name]", run: "click" },
        { content: "An order", trigger: ".o_field_widget[name=sm_status_id]:contains(Ready for pick-up)" },
        { trigger: ".o_field_widget[name=sm_payment_state]:contains(Deposit paid)" },
        { trigger: ".alert-warning:contains(The totals in Odoo are not those of Silicon Master)" },
        { trigger: ".o_data_row td[name=sm_qty_delivered]:contains(1)" },
        { trigger: ".nav-link[name=silicon_master]", run: "click" },
        { trigger: ".o_field_widget[name=sm_amount_total]:contains(999)" },
    ],
});

tours.add("sm_connector_rep_article_tour", {
    steps: () => [
        { trigger: ".o_field_widget[name=sm_availability]:contains(In stock: 4)" },
        { trigger: ".nav-link[name=silicon_master]", run: "click" },
        { trigger: ".o_field_widget[name=sm_stock_ids] .o_data_row:contains(LIE)" },
        { trigger: ".o_field_widget[name=sm_incoming_ids] .o_data_row:contains(11)" },
    ],
});
