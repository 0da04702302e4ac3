"""How far an estimate can be believed: pre-trends, sensitivity, placebos, power, specifications."""
