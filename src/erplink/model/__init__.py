"""The nouns: values without behaviour beyond their own laws. No I/O, no clock, no word of any ERP."""
