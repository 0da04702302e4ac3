"""From a log to ties: rows coded under one stated rule, and the networks woven from them."""
