"""Who is calling. Every endpoint asks here and knows no more: what a request brings becomes credentials, and the request
acts as their user.
"""
from .authentication import act_as, authenticate, call_credentials, user_of_login
from .credentials import Credentials, unauthorized
from .quota import consume as count_call
