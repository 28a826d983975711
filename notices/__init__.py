"""Who is told what: notices that are written in the transaction of their fact and sent at most once by themselves."""
