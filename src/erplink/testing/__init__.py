"""What tests of an application need: stand-in ERP servers ("worlds") that behave like the real ones."""
