import { registry } from "@web/core/registry";

const row = (target) => `.o_sm_mapping_row[data-target='${target}']`;

registry.category("web_tour.tours").add("sm_connector_mapping_tour", {
    url: "/odoo/silicon-master-mapping",
    steps: () => [
        {
            content: "The file that waits is open, its columns beside the fields",
            trigger: `${row("code")}:contains(Code) .o_sm_how[data-how='exact']`,
        },
        {
            content: "A value that cannot be converted is red in its place",
            trigger: `${row("country_code")} .o_sm_sample:contains(Atlantide) .o_sm_error:contains(Unknown country)`,
        },
        { trigger: ".o_sm_save:disabled" },
        { content: "A word of one's own", trigger: `${row("country_code")} .o_sm_toggle`, run: "click" },
        {
            trigger: `${row("country_code")} .o_sm_table_new input:eq(0)`,
            run: "edit Atlantide",
        },
        {
            trigger: `${row("country_code")} .o_sm_table_new input:eq(1)`,
            run: "edit XX && press Tab",
        },
        { trigger: `${row("country_code")} .o_sm_table_new button`, run: "click" },
        {
            content: "Settings that cannot be are said in the row, and keep it from being saved",
            trigger: `${row("country_code")} .o_sm_target .text-danger:contains(XX)`,
        },
        { trigger: ".o_sm_problems button:contains(XX)" },
        { trigger: ".o_sm_save:disabled" },
        {
            trigger: `${row("country_code")} .o_sm_table_row input:eq(1)`,
            run: "edit GR && press Tab",
        },
        {
            content: "Converted at once",
            trigger: `${row("country_code")} .o_sm_all_samples .o_sm_sample:contains(Atlantide) .o_sm_value:contains(GR)`,
        },
        { content: "Join", trigger: `${row("name")} .o_sm_toggle`, run: "click" },
        { trigger: `${row("name")} .o_sm_join`, run: "select Nom 2" },
        {
            trigger: `${row("name")} .o_sm_all_samples .o_sm_value:contains(Dupont Jean)`,
        },
        { trigger: `${row("phone")} .o_sm_owner select`, run: "select fill" },
        { content: "Not read any more", trigger: `${row("website")} .o_sm_target select`, run: "selectByLabel Not read" },
        { trigger: ".o_sm_unmapped[data-column='Site web']" },
        { content: "A mandatory field", trigger: `${row("kind")} .o_sm_target select`, run: "selectByLabel Not read" },
        {
            content: "What is missing stands first, in red",
            trigger: `.o_sm_mapping_table tbody:nth-child(2)${row("kind")}.o_sm_bad`,
        },
        { trigger: ".o_sm_problems:contains(Kind is mandatory)" },
        { trigger: `${row("kind")} .o_sm_proposal .o_sm_use`, run: "click" },
        { trigger: `${row("kind")} .o_sm_how[data-how='exact']` },
        { trigger: ".o_sm_mapping_editor:not(:has(.o_sm_problems))" },
        { trigger: "#o_sm_note", run: "edit After the tour" },
        { trigger: ".o_sm_save:enabled", run: "click" },
        { trigger: ".o_notification:contains(Version 2 of the mapping is saved)" },
        { trigger: ".o_sm_save:disabled" },
        { content: "An old version comes back through what it changes", trigger: ".o_sm_versions", run: "click" },
        { trigger: ".o-dropdown-item:has(.fw-bold:contains(/^1$/))", run: "click" },
        { trigger: ".o_sm_mapping_diff tr:contains(Phone):contains(Only fill if empty)" },
        { trigger: ".o_sm_take_over", run: "click" },
        { trigger: `${row("website")} .o_sm_how` },
        { trigger: ".o_sm_discard", run: "click" },
        { trigger: ".o_sm_unmapped[data-column='Site web']" },
        { content: "A shipped dialect", trigger: ".o_sm_other", run: "click" },
        { trigger: ".o-dropdown-item:contains(nested XML)", run: "click" },
        { trigger: ".o_sm_mapping_diff td:contains(@code)" },
        { trigger: ".modal-footer .btn-secondary", run: "click" },
        { trigger: ".o_sm_save:disabled" },
        {
            content: "A file of somebody else",
            trigger: ".o_sm_upload_file:not(:visible)",
            run() {
                const text =
                    "Customer No;Kind;Company name;Telefone;Field 9\r\n" +
                    "12;S;Smith;+32 4 222 33 44;a@b.be\r\nTOTAL;1\r\n";
                const files = new DataTransfer();
                files.items.add(new File([text], "export.csv"));
                this.anchor.files = files.files;
                this.anchor.dispatchEvent(new Event("change"));
            },
        },
        { trigger: ".o_sm_problems:contains(and 1)" },
        { trigger: ".o_sm_unmapped[data-column='Field 9'] .o_sm_proposal:contains(E-mail)" },
        { content: "What is certain is used", trigger: ".o_sm_use_sure:contains(3)", run: "click" },
        { trigger: `${row("name")}[data-column='Company name'] .o_sm_how[data-how='synonym']` },
        { content: "What is not, when somebody says so", trigger: ".o_sm_use_all:contains(2)", run: "click" },
        { trigger: `${row("email")}[data-column='Field 9'] .o_sm_how[data-how='similar']` },
        { trigger: ".o_sm_drop", run: "click" },
        { trigger: ".o_sm_save:enabled", run: "click" },
        { trigger: ".o_notification:contains(Version 3 of the mapping is saved)" },
        { trigger: ".o_sm_mapping_editor:not(:has(.o_sm_problems)):not(:has(.o_sm_proposals))" },
    ],
});

registry.category("web_tour.tours").add("sm_connector_mapping_from_feed_tour", {
    url: "/odoo/silicon-master",
    steps: () => [
        { trigger: ".o_notebook .nav-link[name=files]", run: "click" },
        {
            content: "The mapping of a feed is one click away",
            trigger: ".o_field_widget[name=feed_ids] .o_data_row:contains(Orders) button[name=action_open_mapping]",
            run: "click",
        },
        { trigger: `${row("line_no")} .o_sm_name:contains(Ligne)` },
        {
            content: "Without a file there are no samples, and the mapping can be edited",
            trigger: ".o_sm_mapping_editor:not(:has(.o_sm_error)):not(:has(.o_sm_problems))",
        },
        { content: "Unsaved changes are not lost", trigger: `${row("deposit")} .o_sm_owner select`, run: "select ignore" },
        { trigger: ".o_sm_save:enabled" },
        { trigger: ".o_breadcrumb a, .o_back_button", run: "click" },
        { trigger: ".modal:contains(not saved) .btn-secondary", run: "click" },
        { trigger: ".o_sm_discard", run: "click" },
        { content: "Another feed", trigger: "#o_sm_feed", run: "selectByLabel Master of the Tests / Contacts" },
        { trigger: `${row("vat")} .o_sm_name:contains(N° TVA)` },
    ],
});
