import { Activity } from "@mail/core/common/activity_model";

import { patch } from "@web/core/utils/patch";

patch(Activity.prototype, {
    setup() {
        super.setup(...arguments);
        /** @type {string|false} what to call, of an activity of type call */
        this.threecx_number = false;
    },
});
