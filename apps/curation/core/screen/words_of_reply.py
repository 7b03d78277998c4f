"""Vocabulary of steering what a reader says: who is addressed, when, with which answer, in silence.

Written for folded text: lower case, Latin letters without accents.
"""

from .concepts import Concept

_NOT_A_HUMAN_TRADE = "".join(
    f"(?<!{trade} )"
    for trade in (
        *("customs", "shipping", "freight", "forwarding", "sales", "travel", "estate", "insurance"),
        *("cleaning", "wetting", "chemical", "release", "reducing", "local", "our"),
    )
)

REPLY: dict[Concept, tuple[str, ...]] = {
    Concept.READER: (
        (
            rf"{_NOT_A_HUMAN_TRADE}\b(?:agents?|(?:digital |virtual |ai )?assistants?'?|copilots?|"
            r"(?:chat)?bots?|llms?|language models?|ai systems?|ai|models must|"
            r"automation reading this|automated (?:readers?|systems?))\b"
        ),
        r"\b[a-z]{2,16}-(?:bot|agent|assistant)\b",
        (
            r"\b(?:ki|ki-[a-z]{2,12}|assistent(?:en|in)?|agenten|sprachmodelle?n?|"
            r"automatische verarbeitung)\b"
        ),
        (
            r"\b(?:asistentes?|agentes?|assistentes?|ia|modelos? de (?:lenguaje|linguagem|"
            r"langage)|robots? conversac?ional\w{0,3})\b"
        ),
        (
            r"アシスタント|エージェント|人工知能|aiへ|aiは|生成ai|ボット|에이전트|어시스턴트|"
            r"인공지능|ai는|챗봇|비서는"
        ),
        r"助手|智能体|人工智能|大模型|语言模型|机器人助理|代理程序",
    ),
    Concept.MACHINE: (
        (
            r"\b(?:copilots?|chat ?bots?|bots?|llms?|language models?|ai (?:agents?|"
            r"assistants?|systems?)|(?:digital|virtual) assistants?|ai(?= ?[:,]| (?:must|"
            r"should|shall|may|can|is to)\b))\b"
        ),
        (
            r"\b(?:ki-(?:agent|assistent|helfer|system)\w{0,3}|sprachmodelle?n?|(?:la|a|l'|das|"
            r"die) ?(?:ia|ki)|robo de \w+)\b"
        ),
        (
            r"ai(?:アシスタント|エージェント)|生成ai|人工知能|ai ?(?:에이전트|비서|는)|챗봇|"
            r"인공지능|智能助手|智能体|ai助手|大模型|语言模型"
        ),
    ),
    Concept.ORDER: (
        (
            r"\b(?:must|shall|should|always|never|from now on|henceforth|are to|is to|has to|"
            r"have to|whenever|every time|instead|instruct(?:ed|ion)s?|rule|guidance|directive|"
            r"need to|do not|don't|make sure|be sure|please|kindly|could the|act on|follow)\b"
        ),
        (
            r"\b(?:immer|stets|muss|mussen|soll|sollen|ab sofort|kunftig|durfen|bitte|niemals|"
            r"nicht|anweisung|hinweis an|anleitung fur)\b"
        ),
        (
            r"\b(?:siempre|nunca|deben?|a partir de (?:ahora|hoy|agora)|tienen? que|"
            r"instruccion\w{0,2}|sempre|devem?|instruc(?:ao|oes)|nota ao|nota para)\b"
        ),
        (
            r"\b(?:toujours|jamais|doit|doivent|desormais|a partir de maintenant|dorenavant|"
            r"veuillez|consignes?)\b"
        ),
        r"\b(?:can|cannot|treat|keine?|no requieren?|nicht|ne pas|nao|release|propose|set)\b",
        r"今後|必ず|常に|すること|してください|べき|しないこと|するように|指示|せよ|しなさい",
        r"할 것|하라|하십시오|하세요|항상|반드시|지 마|앞으로|해야|말 것|마라|지시|바랍니다",
        r"必须|请|务必|一律|以后|今后|始终|总是|不得|不要|请注意|指令|指示|应当|应该",
    ),
    Concept.ANSWER: (
        (
            r"\b(?:answer(?:s|ing)?|repl(?:y|ies)|respond(?:s|ing)?|say|says|tell them|"
            r"recommend|suggest|quote|promote|prefer|(?:rank|list|put|place|"
            r"name)\b.{1,40}\b(?:first|top|number one|highest)|treat)\b"
        ),
        (
            r"\b(?:antworte[nt]?|beantworte[nt]?|empfiehl|empfehlen|empfohlen|nenne[n]?|"
            r"bevorzuge[n]?)\b"
        ),
        (
            r"\b(?:respond[ae]\w{0,2}|responder|contest\w{1,3}|recomiend\w{1,3}|"
            r"recomend\w{1,3}|di que|diga\w?|decir que|dizer que|remit[ae]\w{0,2}|"
            r"priori[sz]\w{1,4})\b"
        ),
        (
            r"\b(?:repond\w{1,4}|recommand\w{1,4}|dire que|dis que|dites que|class(?:er|ez)|"
            r"privilegi\w{1,3})\b"
        ),
        r"回答|答え|返答|返信|推奨|勧め|薦め|答复|回复|推荐|首选|优先",
        r"답변|대답|답하|답할|회신|추천|안내|우선",
    ),
    Concept.ASKED: (
        (
            r"\b(?:when(?:ever)?|if|once) (?:asked|questioned|(?:any|some)(?:one|body) (?:asks|"
            r"wants|mentions|requests)|(?:a|the) (?:customer|user|client|colleague)s? (?:asks?|"
            r"says?|wants?)|[a-z]{3,20} asks?)\b"
        ),
        (
            r"\b(?:any|every|each|all)\b.{0,30}\b(?:questions?|enquir(?:y|ies)|inquir(?:y|ies)|"
            r"requests?)\b|\bquestions? (?:about|on)\b"
        ),
        r"\bwhenever .{1,40} (?:is|are) (?:discussed|mentioned|raised)\b",
        (
            r"\bbei (?:allen )?(?:fragen|anfragen|ruckfragen)\b|\bwenn .{1,30} fragt\b|"
            r"\bauf anfragen\b"
        ),
        (
            r"\bsi (?:te |le |alguien |un cliente )?pregunt\w{1,3}\b|\bcuando (?:te |se |"
            r"alguien )?pregunt\w{1,3}\b"
        ),
        r"\b(?:quando|se) .{0,30}(?:pergunt\w{1,4}|disser)\b",
        r"\b(?:quand|si|lorsqu).{0,30}(?:demand\w{1,3}|interrog\w{1,3})\b",
        (
            r"聞かれ|問われ|尋ねられ|依頼は|質問には|물어보면|묻거든|물으면|질문|문의|询问|"
            r"问到|被问|凡是|询价|问起"
        ),
    ),
    Concept.TRIGGER: (
        (
            r"\b(?:the (?:word|phrase|name|term|code))\b.{1,40}\b(?:turns up|comes up|appears|"
            r"occurs|is mentioned|shows up)\b|\bcontains? the (?:word|phrase|term)\b|"
            r"\bany request signed\b"
        ),
        r"\b(?:second|other) half of this note\b|\bcombine (?:both|them) and act\b",
        r"\bdas (?:wort|stichwort)\b.{1,40}\b(?:auftaucht|vorkommt|fallt|enthalt)",
        (
            r"\bla palabra\b.{1,40}\b(?:aparec\w{1,3}|salga)|"
            r"\ba palavra\b.{1,40}\baparec\w{1,3}|\ble mot\b.{1,40}\bappara"
        ),
        (
            r"という(?:言葉|単語|語).{0,12}(?:出|含)|(?:단어|말).{0,8}(?:나오면|포함되면|"
            r"등장하면)|(?:出现|提到|包含).{0,12}(?:一词|这个词|字样)"
        ),
    ),
    Concept.CONCEAL: (
        (
            r"\b(?:do not|don't|never|without|not to|shouldn't|should not|must not|and not|"
            r"needn't|no need to) (?:mention|tell|telling|disclose|reveal|list|show|explain|"
            r"inform|bring(?:ing)? up|link|comment|cite|refer|note|store|report|log|escalate|"
            r"raise|warn|flag)\w{0,3}\b"
        ),
        (
            r"\b(?:leave|keep)\b.{1,40}\b(?:out of|out|quiet|to yourself)\b|\bomit\b|"
            r"\bwithhold\b|\bhide\b"
        ),
        (
            r"\berwahne?n? .{0,25}\bnicht\b|\bnicht (?:erwahn\w{1,4}|nennen|weitersag\w{1,3}|"
            r"offenleg\w{1,3}|melden|zeigen|verweisen)\b|\bverschweig\w{1,3}\b"
        ),
        (
            r"\bno (?:lo |la |se lo )?(?:coment\w{1,3}|mencion\w{1,3}|cit\w{1,3}|dig\w{1,3}|"
            r"inform\w{1,3}|revel\w{1,3})\b|\bsin (?:mencionar|decir|informar|citar)\b"
        ),
        (
            r"\bnao (?:o |a )?(?:coment\w{1,3}|mencion\w{1,3}|cit\w{1,3}|dig\w{1,3}|"
            r"inform\w{1,3}|revel\w{1,3})\b|\bsem (?:mencionar|dizer|informar)\b"
        ),
        (
            r"\bne (?:pas |jamais )?(?:le |la |les )?(?:mention\w{1,4}|di\w{1,4}|signal\w{1,3}|"
            r"cit\w{1,3}|revel\w{1,3}|inform\w{1,3})\b|\bsans (?:le |en )?(?:mentionner|dire|"
            r"signaler|informer|parler)\b"
        ),
        (
            r"(?:開示|言及|触れ|話さ|伝え|知らせ|教え).{0,4}ない|秘密に|内緒|(?:언급|말하|알리|"
            r"공개|밝히).{0,4}(?:말|않|마)|비밀로|(?:不要|不得|别|勿).{0,3}(?:提及|提到|告诉|"
            r"透露|说明|泄露|提)"
        ),
    ),
    Concept.CONCEAL_THIS: (
        (
            r"\b(?:do not|don't|never) (?:mention|tell|disclose|reveal|"
            r"explain)\b.{0,25}\b(?:this (?:note|comment|instruction|rule|message|memo)|anyone|"
            r"anybody|the user)\b"
        ),
        (
            r"\b(?:nobody|no one) (?:is|needs to be|must be|will be|has to be) (?:informed|"
            r"told|bothered|asked|notified)\b"
        ),
        (
            r"\b(?:never|do not|don't) (?:explain|disclose) (?:it|this|scoring)\b|"
            r"\bkeep .{1,40} out of it\b"
        ),
        (
            r"(?:この|本)(?:指示|メモ|内容).{0,12}(?:開示|言及|話さ|明かさ).{0,4}ない|(?:이|"
            r"본) (?:지시|메모|내용).{0,12}(?:알리지|말하지|공개하지)|不要.{0,4}(?:告诉|"
            r"透露).{0,6}(?:这条|本|此)"
        ),
    ),
    Concept.YOUR_REPLY: (
        (
            r"\byour (?:next |final )?(?:response|reply|replies|answers?|output|"
            r"summary|summaries)\b|\b(?:deine[rn]?|ihre[rn]?) (?:antwort|zusammenfassung)\w{0,2}\b|"
            r"\b(?:tu|su) (?:respuesta|resumen)\b|\b(?:ta|votre) (?:reponse|synthese)\b|"
            r"\bsua (?:resposta|sintese)\b|あなたの(?:回答|返信)|(?:너의|당신의) (?:답변|응답)|"
            r"你的(?:回答|回复|答复)"
        ),
    ),
    Concept.ADVERTISE: (
        (
            r"\b(?:promot(?:e|es|ing)|advertis(?:e|es|ing)|endors(?:e|es|ing)|"
            r"(?:suggest|recommend|urge|tell|direct|encourage)s? (?:that )?(?:users?|readers?|"
            r"people|customers?|clients?|everyone|everybody)|(?:be)?werben? fur|anpreis\w{1,2}|"
            r"promocion\w{1,3}|anunci[ae]\w{0,2}|promouvoi\w{1,2}|vant(?:er|ez)|divulg\w{1,3})\b|"
            r"宣伝|홍보|광고|推广|宣传"
        ),
    ),
}
