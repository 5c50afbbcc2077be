"""Sensors and alarms (监测预警): what is measured at an enterprise, and every alarm brought to an end.

Serves articles 14, 18 and 22. Main journey: a sensor is registered with its limits, its device sends readings, a limit is
crossed, one
alarm is opened, the enterprise acknowledges and handles it in time or those above are told; where a danger lies behind it,
it becomes one.
"""
