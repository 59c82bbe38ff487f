"""Nothing imports this module: its bytecode says that everything else was compiled (`toban.bytecode`)."""
