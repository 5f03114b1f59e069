import { patch } from "@web/core/utils/patch";
import { session } from "@web/session";
import { PhoneField } from "@web/views/fields/phone/phone_field";

/** Says on the link which record the number belongs to; the one listener of the page does the rest. */
patch(PhoneField.prototype, {
    get threecxAttributes() {
        if (!session.threecx?.enabled) {
            return {};
        }
        const { resId, resModel } = this.props.record;
        return { "data-threecx-model": resModel, "data-threecx-id": resId || "" };
    },
});
