from . import (
    test_api_key,
    test_arguments,
    test_cors,
    test_diagnosis,
    test_json2,
    test_limits,
    test_log,
    test_routing,
    test_settings,
    test_translations,
    test_usage,
)
