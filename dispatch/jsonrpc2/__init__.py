"""``/jsonrpc2``: JSON-RPC 2.0, single requests and batches."""
from .dispatcher import JsonRpc2Dispatcher
