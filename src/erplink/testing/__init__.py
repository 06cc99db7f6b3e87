"""What tests of an application need: stand-in ERP servers ("worlds") that behave like the real ones, and more.

A message broker in this process, a clock that is moved by hand, and a simulator that runs the shipped code through
crashes.
"""
