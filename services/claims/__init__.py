"""Claims: policies as sold, and what is owed under them.

Hears that a claim was submitted; checks the cover as it stood on the day of loss (核赔), computes
what is payable (定损), scores the risk, and puts the claim on a track. The fast lane is decided
here and now; everything else waits, with a named owner and a promised date, for a person's
decision over HTTP. Closes the claim when the money has arrived or the claim is denied (结案).
"""
