"""The way of measurements into the database: forms of files, runs in steps, and what adapters parse, stored."""
