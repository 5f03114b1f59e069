import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("sm_connector_plan_tour", {
    steps: () => [
        { trigger: "button[name=action_look_before]", run: "click" },
        {
            content: "A plan takes its time, like a night",
            trigger: ".o_sm_backend_status[data-level='busy'] .progress-bar",
        },
        {
            content: "The form is read again by itself when the plan is ready",
            trigger: "button[name=action_open_planned]:contains(Plan ready)",
            run: "click",
            timeout: 30000,
        },
        { trigger: ".alert-info:contains(Nothing has been changed so far)" },
        {
            content: "How many of what, before anything happens",
            trigger:
                ".o_field_widget[name=plan_line_ids] .o_data_row:contains(Contacts) td[name=plan_update]:contains(1)",
        },
        {
            trigger:
                ".o_field_widget[name=plan_line_ids] .o_data_row:contains(Contacts) button[name=action_open_plan]",
            run: "click",
        },
        { trigger: ".o_group_header:contains(Needs attention)" },
        { trigger: ".o_group_header:contains(/^Change/)", run: "click" },
        {
            content: "What changes, in short",
            trigger: ".o_data_row:contains(C0001) td[name=summary]:contains(City)",
            run: "click",
        },
        {
            content: "Field by field: what Odoo has, and what it would get",
            trigger: ".o_field_widget[name=diff_table] tr:contains(City):contains(Liège):contains(Namur)",
        },
        { trigger: ".breadcrumb-item.o_back_button ~ .breadcrumb-item, .o_back_button", run: "click" },
        { trigger: ".o_list_view" },
        { trigger: ".o_back_button", run: "click" },
        { trigger: "button[name=action_apply_plan]", run: "click" },
        { trigger: ".o_notification:contains(The plan is being applied in a moment)" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(Waiting)" },
    ],
});

tours.add("sm_connector_accept_tour", {
    steps: () => [
        { trigger: ".o_sm_backend_status[data-level='attention']:contains(needs a decision)" },
        { trigger: "button[name=action_open_held]:contains(Stopped)", run: "click" },
        { trigger: ".alert-warning:contains(A file looks like an accident)" },
        { trigger: ".o_field_widget[name=message]:contains(20)" },
        { trigger: "button[name=action_accept]", run: "click" },
        { trigger: ".modal .o_data_row:contains(Far fewer rows)" },
        { trigger: ".modal .o_field_widget[name=reason] textarea", run: "edit The shop was sold" },
        { trigger: ".modal button[name=action_accept]", run: "click" },
        { trigger: ".o_notification:contains(being applied in a moment)" },
    ],
});
