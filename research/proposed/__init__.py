"""Labellings that someone proposes: does the fitted model tell those that are real from those that are not?"""
