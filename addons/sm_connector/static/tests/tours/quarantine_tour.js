import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("sm_connector_quarantine_tour", {
    steps: () => [
        {
            content: "Causes with how many rows they have",
            trigger: ".o_kanban_record:contains(Unknown customer):contains(1)",
        },
        { trigger: ".o_kanban_record:contains(No name)", run: "click" },
        { trigger: ".o_data_row:contains(C0003)" },
        { trigger: ".o_data_row:contains(C0003) td[name=external_id]", run: "click" },
        { trigger: ".o_field_widget[name=advice]:contains(Fill in the name in Silicon Master)" },
        { trigger: ".o_field_widget[name=raw_table] th:contains(Localité)" },
        { content: "No mapping for an operator", trigger: ".o_form_view:not(:has(button[name=action_open_mapping]))" },
        { trigger: "button[name=action_ignore]", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(Ignored)" },
        { trigger: ".o_menu_sections button:contains(Needs attention)", run: "click" },
        { trigger: ".o-dropdown--menu a:contains(By cause)", run: "click" },
        { trigger: ".o_kanban_record:contains(Unknown customer)", run: "click" },
        { trigger: ".o_data_row:contains(LIE0001) td[name=external_id]", run: "click" },
        {
            content: "What the order waits for: a customer whose row is wrong himself",
            trigger: "button[name=action_open_concerned].oe_stat_button:contains(Row it waits for)",
            run: "click",
        },
        { trigger: ".oe_title:contains(No name):contains(C0003)" },
        { trigger: "button[name=action_retry]", run: "click" },
        { trigger: ".o_notification:contains(fetched again in a moment)" },
    ],
});
