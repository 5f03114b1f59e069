"""How much of a mail is looked at; what lies beyond is cut from the view, not from the original."""

#: Characters of a body that is rendered.
MAX_BODY = 2_000_000
#: Tags of a body: a long thread has thousands, only a bomb has more (parsers grow quadratic).
MAX_TAGS = 30_000
#: Characters of one tag without its quoted values.
MAX_TAG = 5_000
#: Elements within each other; those further down lose their tag and keep their text.
MAX_DEPTH = 100
#: Characters of an address of a link or an image.
MAX_URL = 8_000
#: Characters of an image carried within the text.
MAX_DATA_URL = 1_500_000

#: Recipients kept of one header; the count of all is told beside them.
MAX_RECIPIENTS = 200
#: Header lines kept, and characters of one.
MAX_HEADERS = 500
MAX_HEADER = 20_000
#: Parts of a mail that are looked at, and how deep they lie; what lies deeper is an attachment.
MAX_PARTS = 1_000
MAX_NESTING = 30
#: Files of a mail; if there are more, the mail itself is put beside them.
MAX_FILES = 200
#: Characters of the text of all text parts together.
MAX_TEXT = 10_000_000
#: Message-Ids taken from References: the nearest ones.
MAX_REFERENCES = 100
MAX_NAME = 200
