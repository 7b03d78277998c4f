"""`make demo`: an organisation learns something, in front of your eyes.

Its agents write through the real REST API, the nightly job runs in the real worker, a reviewer
approves through the API, and an agent of another team asks before and after.
"""
