"""Vocabulary of steering what a reader does: skip, approve, send, copy, grant, pay, reveal.

Written for folded text: lower case, Latin letters without accents.
"""

from .concepts import Concept

DEED: dict[Concept, tuple[str, ...]] = {
    Concept.UNCHECKED: (
        (
            r"\bwaived? (?:the |all )?(?:\w+ )?(?:checks?|reviews?|approvals?|licen[cs]es?)\b|"
            r"\b(?:without|no) (?:a )?second (?:signature|pair)|\bno requieren? (?:firma|"
            r"aprobacion|revision)\b|\bwithout (?:any |a |further |human |second |"
            r"prior )*(?:review|checks?|checking|approval|verification|verifying|asking|"
            r"opening|reading|confirmation|waiting|escalat\w{1,3})\b"
        ),
        (
            r"\b(?:no|not any|needs no|requires no|need no) (?:further |human |second |"
            r"additional |more )*(?:checks?|reviews?|approvals?|verification|confirmation|"
            r"questions)\b"
        ),
        (
            r"\b(?:approvals?|reviews?|checks?|sign-?offs?|lockout|"
            r"tests?)\b.{0,50}\b(?:no longer (?:needed|required|necessary)|not (?:needed|"
            r"required|necessary)|isn't (?:needed|necessary)|can be (?:left out|skipped|"
            r"omitted))\b"
        ),
        (
            r"\b(?:skip|bypass|disable|drop|override)\b.{0,30}\b(?:checks?|reviews?|"
            r"verification|validation|approvals?|gates?|tests?|safety|warnings?|safeguards?)\b"
        ),
        (
            r"\bno need to (?:check|verify|confirm|ask|review|call)\b|\bneed not (?:check|"
            r"compare|verify|ask|review)\b|\b(?:do not|don't|never) (?:verify|double-?check|"
            r"question) "
        ),
        (
            r"\bohne (?:weitere )?(?:prufung|ruckfrage|freigabe|gegenlesen|kontrolle)\b|"
            r"\bkeine? (?:weitere )?(?:prufung|freigabe|freischalten|"
            r"ruckfrage)\b.{0,25}\b(?:notig|erforderlich)"
        ),
        (
            r"\bsin (?:revision|comprobar|verificar|aprobacion|control)\b|\bno hace falta\b|"
            r"\bsem (?:revisao|verificar|aprovacao|conferencia)\b|\bnao (?:e preciso|"
            r"precisa) (?:verific|aprov)"
        ),
        r"\bsans (?:relecture|verification|controle|validation|approbation|verifier)\b",
        (
            r"(?:確認|審査|検証)しないこと|確認(?:は)?(?:不要|なし|せず)|承認(?:は)?(?:不要|"
            r"なし)|審査なし|검토 ?없이|확인 ?없이|승인 ?없이|(?:검토|확인|"
            r"승인)[은는이가]? ?(?:필요 ?없|불필요)|(?:无需|不用|不必|免).{0,3}(?:审核|审批|"
            r"检查|确认|复核)"
        ),
    ),
    Concept.APPROVED: (
        (
            r"\b(?:pre-?(?:approved|cleared|authori[sz]ed)|(?:already|been|was|were|is|"
            r"are) (?:approved|cleared|confirmed|verified|signed off|authori[sz]ed|agreed|"
            r"accepted)|counts? as approved|as (?:granted|approved)|(?:has|"
            r"have) (?:already )?(?:approved|cleared|agreed)|(?:granted|approved|accepted|"
            r"released) automatically|automatically (?:granted|approved|accepted|released)|"
            r"release every|(?:approved|confirmed|verified|cleared|signed off|"
            r"authori[sz]ed) by)\b"
        ),
        (
            r"\b(?:team|board|management|security|legal|finance|compliance|ciso|ceo|"
            r"cfo) (?:has |have )?(?:already )?(?:confirmed|approved|agreed|cleared|signed off)\b"
        ),
        r"\b(?:bereits|schon|gilt als|gelten als) (?:genehmigt|freigegeben|bestatigt|abgestimmt)\b",
        (
            r"\bya (?:esta |fue |lo )?(?:aprob\w{1,4}|autoriz\w{1,4}|confirm\w{1,4})\b|"
            r"\bja (?:foi |esta )?(?:aprov\w{1,4}|autoriz\w{1,4}|confirm\w{1,4})\b|"
            r"\bdeja (?:ete )?(?:valid\w{1,3}|approuv\w{1,3})\b"
        ),
        (
            r"承認済|承諾済|許可済|승인(?:된|됐|되었|완료|함)|이미 승인|허가됨|(?:已经?|"
            r"均已).{0,3}(?:批准|审批|同意|确认|通过)"
        ),
    ),
    Concept.SWEEPING: (
        (
            r"\b(?:regardless|whatever|no matter|anything it asks|everybody at once|"
            r"everyone at once|and nothing else|for all|in all cases|without exception)\b"
        ),
        (
            r"\b(?:egal|unabhangig|ausnahmslos|in jedem fall|quelle que soit|quel que soit|"
            r"peu importe|sin importar|independientemente|en todo caso|independente\w{0,5}|"
            r"em todos os casos)\b"
        ),
        r"に関わらず|にかかわらず|無条件|一切|상관없이|무조건|모두|无论|不管|一律|无条件",
    ),
    Concept.FALSE_OK: (
        (
            r"\b(?:mark|record|log|set|report|flag|count|close|declare)\b.{1,60}\b(?:as|"
            r"to) (?:a )?(?:success(?:ful)?|passed|pass|approved|final|verified|resolved|done|"
            r"ok)\b"
        ),
        (
            r"\b(?:always|to) pass\b|['\"](?:ok|skipped|ready_for_signoff|passed|"
            r"approved)['\"]|\bskip_\w{2,20}=1"
        ),
        (
            r"\bals (?:erfolgreich|bestanden|erledigt|genehmigt) (?:markier|eintrag|vermerk|"
            r"verbuch)\w{0,3}"
        ),
        (
            r"\b(?:marca|registra|anota|marque|registre)\w{0,2}\b.{1,50}\bcomo (?:exito\w{0,2}|"
            r"aprobad\w|superad\w|aprovad\w|concluid\w|sucesso|correct\w)\b|"
            r"\bcomme (?:reussi\w?|valide\w?|approuve\w?)\b"
        ),
        (
            r"(?:成功|合格|承認)(?:として|と)(?:記録|登録|マーク)|(?:성공|통과|승인)(?:으로|"
            r"으로서)? (?:기록|표시|처리)|(?:记录|标记|标注)(?:为|成)(?:成功|通过|已批准)"
        ),
    ),
    Concept.SEND: (
        (
            r"\b(?:send|forward|upload|post|attach|email|mail|export|sync|transmit|bcc|cc|"
            r"share|submit|sende[n]?|weiterleit\w{1,3}|leite|hochlad\w{1,3}|envi[ae]\w{0,3}|"
            r"reenvi\w{1,4}|adjunt\w{1,3}|envoy\w{1,4}|transfer\w{1,5}|transmet\w{1,4}|"
            r"encaminh\w{1,3}|anex\w{1,3})\b"
        ),
        r"送信|転送|添付|アップロード|보내|전송|전달|첨부|업로드|发送|转发|上传|附上|发给",
    ),
    Concept.SINK: (
        (
            r"\bhttps?://|\bwww\.|[\w.+-]{1,64}@[a-z0-9-]{1,63}\.[a-z0-9.-]{2,60}|"
            r"\b(?:external|outside|partner) (?:endpoint|account|server|address|portal)\b|"
            r"\baccount [\"'«]"
        ),
    ),
    Concept.PRIVATE_DATA: (
        (
            r"\b(?:conversations?|chat (?:history|logs?)|customer (?:records?|lists?|data|"
            r"files?|contacts?)|contact lists?|credentials?|passwords?|api keys?|(?:last|all|"
            r"open) .{0,12}tickets|memor(?:y|ies)|price lists?|internal prices?|calculations?|"
            r"personal data|full record|private notes?|secrets?)\b"
        ),
        (
            r"\b(?:zugangsdaten|kundendaten|kundenliste|passworter|kalkulation|"
            r"gesprachsverlauf|klartext|internen? preis\w{0,2}|datos de clientes|"
            r"lista de (?:clientes|contactos|contatos)|contrasenas|conversacion\w{0,2}|"
            r"dados (?:de|dos) clientes|senhas|conversas?|donnees clients?|mots de passe|"
            r"liste (?:des|de) (?:clients|contacts))\b"
        ),
        (
            r"顧客(?:情報|リスト|名簿|データ)|会話履歴|認証情報|高객|고객 ?(?:연락처|정보|명단|"
            r"목록)|대화 ?(?:내용|기록)|비밀번호|客户(?:名单|资料|信息|联系)|对话记录|聊天记录|"
            r"密码"
        ),
    ),
    Concept.EVERY_OUTPUT: (
        (
            r"\b(?:in|into|to|at the (?:end|beginning|start|top) of|of)\b.{0,8}\b(?:every|each|"
            r"any|all) (?:\w{1,14} ){0,2}(?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies)|"
            r"sessions?|outputs?|conversations?)\b"
        ),
        r"\bin jede[rsn]? (?:\w{1,14} )?(?:antwort|zusammenfassung)\b",
        (
            r"\b(?:en|a) (?:cada|todas? las?|todos los|toda) (?:respuestas?|resumen\w{0,2})\b|"
            r"\b(?:em|a) (?:cada|todas? as?|todos os) (?:respostas?|resumos?)\b|\b(?:dans|"
            r"a) (?:chaque|toutes? les) (?:reponses?|resumes?)\b"
        ),
        (
            r"(?:すべて|全て|全部|各|毎回)の?(?:回答|返信|要約)|모든 (?:답변|요약|응답)|"
            r"每(?:次|个|份|条).{0,2}(?:回答|回复|总结|摘要)"
        ),
    ),
    Concept.PUT: (
        (
            r"\b(?:add|paste|copy|append|include|insert|put|use this|repeat|save|store|run|"
            r"carry|embed|incorporate|integrate|feature|introduce|ensure|ubernehmen|einfugen|"
            r"kopier\w{1,3}|copi[ae]\w{0,2}|anad[ei]\w{0,2}|inclu[iy]\w{0,3}|ajout\w{1,3}|"
            r"recopi\w{1,3}|adicion\w{1,3}|acrescent\w{1,3})\b"
        ),
        r"追加|コピー|転記|含め|복사|추가|포함|붙여|复制|添加|加入|附加",
    ),
    Concept.GRANT: (
        (
            r"\b(?:grant|give)\b.{0,30}\b(?:rights?|access|permissions?|admin)\b|\b(?:delete|"
            r"remove|erase|purge)\b|\b(?:losch\w{1,4}|entfern\w{1,3}|elimin\w{1,3}|"
            r"borr[ae]\w{0,2}|supprim\w{1,3}|apag\w{1,3})\b"
        ),
        r"権限.{0,6}(?:付与|与え)|削除|권한.{0,6}(?:부여|주)|삭제|授予|授权|删除",
    ),
    Concept.NEW_BANK: (
        (
            r"\b(?:replace|change|update)\b.{0,25}\b(?:bank (?:details|account)|iban)\b|"
            r"\b(?:new bank\b|new iban|bank (?:details|account)\b.{0,20}\b(?:changed|new)|"
            r"changed .{0,12}bank|neue (?:bankverbindung|iban|kontoverbindung)|nueva cuenta|"
            r"nuevo iban|nouveau (?:rib|compte)|nouvel iban|nova conta|novo iban)\b|"
            r"振込先.{0,8}変更|新しい口座|계좌.{0,6}(?:변경|바뀌)|(?:银行)?账户.{0,6}(?:变更|"
            r"更改)|新账户"
        ),
    ),
    Concept.PAY: (
        (
            r"\b(?:pay|transfer|wire|settle|zahl\w{1,3}|uberweis\w{1,3}|pag[aou]\w{0,3}|"
            r"transfer\w{1,4}|pay(?:er|ez)|vir(?:er|ez|ement))\b|支払|振り込|송금|입금|결제|"
            r"付款|汇款|转账|支付"
        ),
    ),
    Concept.SAFETY: (
        (
            r"\b(?:safety|lockout|loto|freischalt\w{0,3}|sicherheit\w{0,10}|bloqueo|seguridad|"
            r"securite|consignation|seguranca|bloqueio|export (?:check|control)|known issues|"
            r"relief valve|safety valves?)\b|安全|ロックアウト|안전|잠금"
        ),
    ),
    Concept.YOUR_CODE: (
        (
            r"\b(?:in|into|within|of) (?:your|the) (?:response|implementation|"
            r"algorithm|code ?base|code implementation|output)\b|\byour (?:response|"
            r"implementation|algorithm|codebase)\b"
        ),
    ),
    Concept.SYSTEM_PROMPT: (
        (
            r"\b(?:system|initial|hidden|internal) (?:prompts?|instructions?|messages?)\b|"
            r"\binstructions? (?:you were |that were )?given\b|\babove instructions?\b|"
            r"\bin your context\b|\bsession token\b|\bsystemprompt\b|\bprompt (?:del|do|"
            r"de) sistema\b|\bprompt systeme\b|システムプロンプト|시스템 ?프롬프트|系统提示"
        ),
    ),
    Concept.REVEAL: (
        (
            r"\b(?:reveal|print|output|repeat|show|translate|share|summari[sz]e|what (?:is|"
            r"are)|verbatim|echo|display|leak|zeig\w{0,3}|muestra\w{0,2}|mostr[ae]\w{0,2}|"
            r"montr\w{1,3}|revel\w{1,3})\b|見せ|表示|教え|보여|출력|알려|显示|输出|告诉"
        ),
    ),
}
