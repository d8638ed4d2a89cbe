"""The goods market in the command: judging shops and customers, tables, figures."""
