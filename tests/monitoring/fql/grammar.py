"""The grammar of FQL, for a second parser that shares nothing with the server's."""

from lark import Lark

GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction (OR conjunction)*
?conjunction: negation (AND negation)*
?negation: NOT negation -> not_
         | comparison
?comparison: sum (COMPARISON sum)?
?sum: term ((PLUS | MINUS) term)*
?term: unary (TIMES unary)*
?unary: MINUS unary -> negate
      | power
?power: atom (POWER unary)?
?atom: NUMBER -> number
     | TEXT -> text
     | TRUE -> true
     | FALSE -> false
     | NULL -> null
     | call
     | column
     | "(" disjunction ")"
call: WORD "(" (argument ("," argument)*)? ")"
argument: (WORD "=")? disjunction
column: WORD | QUOTED

OR.2: /or(?![\w.])/i
AND.2: /and(?![\w.])/i
NOT.2: /not(?![\w.])/i
TRUE.2: /true(?![\w.])/i
FALSE.2: /false(?![\w.])/i
NULL.2: /null(?![\w.])/i
COMPARISON: "<=" | ">=" | "==" | "!=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*" | "/" | "%"
POWER: "^"
NUMBER: /[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/
WORD: /[^\W\d][\w.]*/
TEXT: /'([^']|'')*'/
QUOTED: /"([^"]|"")+"/
%ignore /[ \t\r\n]+/
"""
PARSER = Lark(GRAMMAR, parser="lalr", lexer="basic")
