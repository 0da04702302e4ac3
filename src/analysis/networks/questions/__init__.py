"""Further questions: inclusion, mobilisation, exchange, exposure, organisations, ties that stand out."""
