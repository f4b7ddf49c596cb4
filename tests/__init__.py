from . import (
    test_api_key,
    test_arguments,
    test_attacks,
    test_diagnosis,
    test_json2,
    test_rotation,
    test_routing,
    test_settings,
    test_translations,
    test_user_key_management,
    test_warnings,
    test_wizard,
)
