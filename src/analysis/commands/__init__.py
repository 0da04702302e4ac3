"""The commands of `gongzhi`, one module each: the function that runs it, and `add` for its options."""
