"""How the cost of a curation run grows with the number of memories.

Notes are made up, not random: facts in five languages from common words by Zipf's law and a long
tail of names, most of them known to one person, some said by several in words of their own, some
passed on word for word, some repeated by their author. `notes.SHARES` says how many. Their vectors
are stand-ins: a direction for the topic, one for the fact and noise for the wording, in proportions
that give the cosines measured on real notes (same fact about .63, same topic about .5).
"""
