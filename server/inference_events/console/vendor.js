// node_modules/preact/dist/preact.mjs
var e$2;
var t$3;
var n$3;
var r$3;
var i$3;
var a$3;
var o$3;
var s$3;
var c$3;
var l$3;
var u$3;
var d$3;
var f$3 = Symbol.for(`pv`);
var p$4 = {};
var m$4 = [];
var h$4 = /^m(i|n|o|s|text|space)$/;
var g$4 = Array.isArray;
var _$3 = m$4.slice;
var v$3 = Object.assign;
function y$3(e) {
	e && e.parentNode && e.remove();
}
function b$3(e, t, n) {
	var r, i, a, o = {}, s = arguments.length;
	for (a in t) a == `key` ? r = t[a] : a == `ref` && typeof e != `function` ? i = t[a] : o[a] = t[a];
	return s > 2 && (o.children = s > 3 ? _$3.call(arguments, 2) : n), S$2(e, o, r, i, null);
}
function S$2(n, r, i, a, o) {
	var s = {
		type: n,
		props: r,
		key: i,
		ref: a,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: f$3,
		__v: o || ++t$3,
		__i: -1,
		__u: 0
	};
	return !o && e$2.vnode && e$2.vnode(s), s;
}
function w$2(e) {
	return e.children;
}
function T$3(e, t) {
	this.props = e, this.context = t, this.__g = 0;
}
function E$1(e, t) {
	if (t == null) return e.__ && E$1(e.__, e.__i + 1);
	for (var n; t < e.__k.length; t++) if ((n = e.__k[t]) && n.__e) return n.__e;
	return typeof e.type != `function` || e.props.__P ? null : E$1(e);
}
function D$1(t) {
	var n, r = t.__v, i = r.__e, a = [], o = [], s = t.__P;
	s && ((n = v$3({ constructor: f$3 }, r)).__v = r.__v + 1, e$2.vnode && e$2.vnode(n), z(s, n, r, t.__n, s.namespaceURI, 32 & r.__u ? [i] : null, a, i || E$1(r), 32 & r.__u, o), n.__v = r.__v, n.__.__k[n.__i] = n, H(a, n, o), r.__ = r.__e = null, n.__e != i && O$2(n));
}
function O$2(e) {
	if ((e = e.__) && e.__c && !e.props.__P) return e.__e = null, e.__k.some(function(t) {
		return t && (e.__e = t.__e);
	}), O$2(e);
}
function k$2(t) {
	(8 & t.__g || (t.__g |= 8, r$3.push(t), a$3++)) && i$3 == e$2.debounceRendering || ((i$3 = e$2.debounceRendering) || queueMicrotask)(A$2);
}
function A$2() {
	try {
		for (var e, t = 1; r$3.length;) r$3.length > t && r$3.sort(o$3), e = r$3.shift(), t = r$3.length, 8 & e.__g && D$1(e);
	} finally {
		(a$3 = r$3.length) && (i$3 || queueMicrotask)(A$2);
	}
}
function j$2(e, t, n, r, i, a, o, s, c, l, u) {
	var d, f, h, g, _, v, y = r.__k || m$4, b = t.length;
	for (c = M$1(n, t, y, c, b), d = 0; d < b; d++) (h = n.__k[d]) != null && (f = ~h.__i && y[h.__i] || p$4, h.__i = d, v = z(e, h, f, i, a, o, s, c, l, u), g = h.__e, (f.ref != h.ref || 8 & f.__u) && (f.ref && W(f.ref, null, h, f), h.ref && u.push(h.ref, h.__c || g, h)), _ ||= g, 4 & h.__u ? (c = N$1(h, c, e, !f.__v), f.__e && (f.__e = null)) : typeof h.type == `function` && v !== void 0 ? c = v : g && (c = g.nextSibling), h.__u &= -21);
	return n.__e = _, c;
}
function M$1(e, t, n, r, i) {
	var a, o, s, c, l, u, d, p, m, h = n.length, _ = h, v = 0, y = 0, b = e.__k = Array(i);
	for (a = 0; a < i; a++) (o = t[a]) != null && typeof o != `boolean` && typeof o != `function` ? (typeof o != `object` || o.constructor === String ? o = b[a] = S$2(null, o) : g$4(o) ? o = b[a] = S$2(w$2, { children: o }) : o.constructor === f$3 && o.__b ? o = b[a] = S$2(o.type, o.props, o.key, o.ref, o.__v) : b[a] = o, c = a + v, o.__ = e, o.__b = e.__b + 1, s = null, ~(l = o.__i = F$1(o, n, c, _)) && (_--, (s = n[l]) && (s.__u |= 2)), s && s.__v ? (o.__u |= 16, l == c - 1 ? v-- : l == c + 1 ? v++ : l != c && (l > c ? v-- : v++, y = 1)) : (~l || (i > h ? v-- : i < h && v++), typeof o.type != `function` && (o.__u |= 4))) : b[a] = null;
	if (y) {
		for (u = [], d = [], a = 0; a < i; a++) if ((o = b[a]) && 16 & o.__u) {
			for (v = 0, p = u.length; v < p;) u[m = v + p >> 1] < o.__i ? v = m + 1 : p = m;
			u[v] = o.__i, d[a] = v + 1;
		}
		for (v = u.length; a--;) d[a] && (d[a] == v ? v-- : b[a].__u |= 4);
	}
	if (_) for (a = 0; a < h; a++) !(s = n[a]) || 2 & s.__u || (s.__e == r && (r = E$1(s)), G(s, s));
	return r;
}
function N$1(e, t, n, r) {
	var i, a, o, s;
	if (typeof e.type == `function`) {
		if (e.props.__P) return t;
		if (i = e.__k) for (a = 0; a < i.length; a++) i[a] && (i[a].__ = e, t = N$1(i[a], t, n, !1));
		return t;
	}
	for (t && !t.parentNode && (t = E$1(e)) && !t.parentNode && (t = null), o = e.__e, s = t; s && s.nodeType == 8;) s = s.nextSibling;
	for (o != s && (!r && n.moveBefore && o.parentNode ? n.moveBefore(o, t) : n.insertBefore(o, t || null)), t = o; (t &&= t.nextSibling) && t.nodeType == 8 && !t.data.startsWith(`$s`););
	return t;
}
function F$1(e, t, n, r) {
	var i, a = e.key, o = e.type, s = t[n], c = s && !(2 & s.__u);
	if (s === null && a == null || c && a == s.key && o == s.type) return n;
	if (r > +!!c) {
		for (i = n - 1; i >= 0; i--) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
		for (i = n + 1; i < t.length; i++) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
	}
	return -1;
}
function I$1(e, t, n) {
	n ??= ``, t[0] == `-` ? e.setProperty(t, n) : e[t] = n;
}
function L(e, t, n, r, i) {
	var a, o;
	if (t == `style`) {
		if (typeof n == `string`) e.style.cssText = n;
		else {
			if (typeof r == `string` && (e.style.cssText = r = ``), r) for (t in r) n && t in n || I$1(e.style, t);
			if (n) for (t in n) r && n[t] == r[t] || I$1(e.style, t, n[t]);
		}
	} else if (t[0] == `o` && t[1] == `n`) typeof n != `function` && (n = null), typeof r != `function` && (r = null), (e.__e ||= {})[t] = n, n && r || (o = u$3[t] || (u$3[t] = R(t)), (e.__a ||= {})[t] = l$3, a = t != (t = t.replace(c$3, `$1`)), (t = t.slice(2))[0] < `a` && (t = t.toLowerCase()), n ? e.addEventListener(t, o, a) : e.removeEventListener(t, o, a));
	else {
		if (i == `http://www.w3.org/2000/svg`) t = t.replace(/xlink(H|:h)/, `h`).replace(/sName$/, `s`);
		else if (t != `width` && t != `height` && t != `href` && t != `list` && t != `form` && t != `tabIndex` && t != `download` && t != `rowSpan` && t != `colSpan` && t != `role` && t != `popover` && t in e) try {
			e[t] = n ?? ``;
			return;
		} catch {}
		if (typeof n == `function`) return;
		n == null || !1 === n && t[4] != `-` ? e.removeAttribute(t) : e.setAttribute(t, t == `popover` && n == 1 ? `` : n);
	}
}
function R(t) {
	return function(n) {
		var r = this.__e;
		if (r) {
			if (r = r[t], n[s$3] == null) n[s$3] = l$3++;
			else if (n[s$3] < this.__a[t]) return;
			return r(e$2.event ? e$2.event(n) : n);
		}
	};
}
function z(t, n, r, i, a, o, s, c, l, u) {
	var d, p, h, _, b, x, S, C, D, O, k, A, M, N, P, F, I, L, R = n.type;
	if (n.constructor !== f$3) return null;
	128 & r.__u && (l = 32 & r.__u, d = r.__c.__z) && (n.__u |= l, p = o = [], d.nodeType == 8 ? c = B(d, o) : o.push(d), c = o[0] || c), (d = e$2.__b) && d(n);
	n: if (typeof R == `function`) {
		h = s.length;
		try {
			if (C = n.props, D = (d = R.prototype) && d.render, O = (d = R.contextType) && i[d.__c], k = d ? O ? O.props.value : d.__ : i, (_ = r.__c) ? (n.__c = _, 2 & _.__g && (_.__g |= 1)) : (D ? n.__c = _ = new R(C, k) : (n.__c = _ = new T$3(C, k), _.constructor = R, _.render = K), O && O.sub(_), _.state || (_.state = {}), _.__n = i, _.__g |= 8, _.__h = [], _.__k = []), D && (_.__s || (_.__s = _.state), R.getDerivedStateFromProps && (_.__s == _.state && (_.__s = v$3({}, _.__s)), v$3(_.__s, R.getDerivedStateFromProps(C, _.__s)))), b = _.props, x = _.state, _.__v = n, r.__c) {
				if (C !== b && D && !R.getDerivedStateFromProps && _.componentWillReceiveProps && _.componentWillReceiveProps(C, k), n.__v == r.__v && !(8 & _.__g) || !(4 & _.__g) && _.shouldComponentUpdate && !1 === _.shouldComponentUpdate(C, _.__s, k)) {
					n.__v != r.__v && (_.props = C, _.state = _.__s, _.__g &= -9), n.__e = r.__e, n.__k = r.__k, n.__k.some(function(e) {
						e && (e.__ = n);
					}), m$4.push.apply(_.__h, _.__k), _.__k = [], _.__h.length && s.push(_), c = E$1(r);
					break n;
				}
				_.componentWillUpdate && _.componentWillUpdate(C, _.__s, k), D && _.componentDidUpdate && _.__h.push(function() {
					_.componentDidUpdate(b, x, S);
				});
			} else D && !R.getDerivedStateFromProps && _.componentWillMount && _.componentWillMount(), D && _.componentDidMount && _.__h.push(_.componentDidMount);
			_.context = k, _.props = C, _.__P = t, _.__g &= -5, A = e$2.__r, M = D ? 25 : 0;
			do
				_.__g &= -9, A && A(n), d = _.render(_.props, _.state = _.__s, _.context);
			while (8 & _.__g && ++M < 25);
			D && (m$4.push.apply(_.__h, _.__k), _.__k = []), _.state = _.__s, _.getChildContext && (i = v$3({}, i, _.getChildContext())), D && r.__c && _.getSnapshotBeforeUpdate && (S = _.getSnapshotBeforeUpdate(b, x)), N = d && d.type === w$2 && d.key == null ? d.props.children : d, C.__P && (d = c, a = (t = C.__P).namespaceURI, l = o = null, r.props && r.props.__P != t && (r.__k.some(function(e) {
				e && G(e, e);
			}), r.__k = null), c = r.__k ? E$1(r, 0) : null), c = j$2(t, g$4(N) ? N : [N], n, r, i, a, o, s, c, l, u), C.__P && (n.__e = null, c = d), n.__u &= -161, p && p.some(y$3), _.__h.length && s.push(_), 1 & _.__g && (_.__g &= -4);
		} catch (t) {
			if (s.length = h, n.__v = null, l || o) {
				if (t && t.then) {
					if (n.__u |= 128 | l, o) {
						for (~(I = o.indexOf(c || void 0)) || (I = o.length); (L = o[I - 1]) && L.nodeType == 8;) I--;
						for (; I < o.length; I++) if (L = o[I]) {
							if (o[I] = null, P) {
								if (L == F) break;
							} else {
								if (L.nodeType != 8) break;
								L.data.startsWith(`$s`) && (F = B(P = L));
							}
						}
					}
					if (!P) {
						for (; c && c.nodeType == 8 && c.nextSibling;) c = c.nextSibling;
						P = c;
					}
					(d = B(P = n.__c.__z || (n.__c.__z = P))) ? (n.__e = P, c = d) : n.__e = c, c &&= c.nextSibling;
				} else o && o.some(y$3);
			} else n.__e = r.__e;
			n.__k ||= r.__k || [], t && t.then || V(n), e$2.__e(t, n, r);
		}
	} else c = n.__e = U(r.__e, n, r, i, a, o, s, l, u, t);
	return (d = e$2.diffed) && d(n), c;
}
function B(e, t) {
	if (e && e.nodeType == 8 && e.data.startsWith(`$s`)) for (var n = 1; e = e.nextSibling;) {
		if (e.nodeType == 8) {
			if (e.data.startsWith(`$s`)) n++;
			else if (e.data.startsWith(`/$s`) && !--n) return e;
		}
		t && t.push(e);
	}
}
function V(e) {
	e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(V));
}
function H(t, n, r) {
	for (var i = 0; i < r.length;) W(r[i++], r[i++], r[i++]);
	e$2.__c && e$2.__c(n, t), t.some(function(n) {
		try {
			t = n.__h, n.__h = [], t.some(function(e) {
				e.call(n);
			});
		} catch (t) {
			e$2.__e(t, n.__v);
		}
	});
}
function U(t, n, r, i, a, o, s, c, l, u) {
	var d, f, m, v, b, x, S, C, w = r.props || p$4, T = n.props, D = n.type;
	if (D == `svg` ? a = `http://www.w3.org/2000/svg` : D == `math` ? a = `http://www.w3.org/1998/Math/MathML` : a ||= `http://www.w3.org/1999/xhtml`, o) {
		for (d = 0; d < o.length; d++) if ((b = o[d]) && (D ? b.localName == D : b.nodeType == 3)) {
			t = b, o[d] = null;
			break;
		}
	}
	if (!t) {
		if (C = u.ownerDocument || document, !D) return C.createTextNode(T);
		t = C.createElementNS(a, D, T.is ? T : u), c &&= (e$2.__m && e$2.__m(n, o), !1), o = null;
	}
	if (D) {
		if (u = D == `template` && t.content || t, o = D == `textarea` && T.defaultValue != null ? null : o && _$3.call(u.childNodes), !c && o) for (w = {}, d = 0; d < t.attributes.length; d++) w[(b = t.attributes[d]).name] = b.value;
		for (d in w) b = w[d], d == `dangerouslySetInnerHTML` ? m = b : d == `children` || d in T || d == `value` && `defaultValue` in T || d == `checked` && `defaultChecked` in T || L(t, d, null, b, a);
		for (d in T) b = T[d], d == `children` ? v = b : d == `dangerouslySetInnerHTML` ? f = b : d == `value` ? x = b : d == `checked` ? S = b : c && typeof b != `function` || w[d] === b || L(t, d, b, w[d], a);
		f ? (c || m && (f.__html == m.__html || f.__html == t.innerHTML) || (t.innerHTML = f.__html), n.__k = []) : (m && (t.textContent = ``), (D == `foreignObject` || a == `http://www.w3.org/1998/Math/MathML` && h$4.test(D)) && (a = `http://www.w3.org/1999/xhtml`), j$2(u, g$4(v) ? v : [v], n, r, i, a, o, s, o ? o[0] : r.__k && E$1(r, 0), c, l), o && o.some(y$3)), c && D != `textarea` || (d = `value`, D == `progress` && x == null ? t.removeAttribute(d) : x == null || x === t[d] && (D != `progress` || x) || L(t, d, x, w[d], a), d = `checked`, S != null && S != t[d] && L(t, d, S, w[d], a));
	} else w === T || c && t.data == T || (t.data = T);
	return t;
}
function W(t, n, r, i) {
	try {
		typeof t == `function` ? n ? n.__x = t(n) || 1 : (i &&= i.__c || i.__e) && (n = i.__x) && (i.__x = null, typeof n == `function` ? n() : t(null)) : t.current = n;
	} catch (t) {
		e$2.__e(t, r);
	}
}
function G(t, n, r) {
	var i, a, o, s;
	if (e$2.unmount && e$2.unmount(t), !(i = t.ref) || i.current && i.current != t.__e || W(i, null, n, t), i = t.__c) {
		if (i.componentWillUnmount) try {
			i.componentWillUnmount();
		} catch (t) {
			e$2.__e(t, n);
		}
		i.__P = i.__n = null;
	}
	if (i = t.__k) for (s = 0; s < i.length; s++) i[s] && G(i[s], n, typeof t.type != `function` || r && !t.props.__P);
	!r && (i = t.__c) && (i = i.__z) && (a = B(i, o = [])) && (i == t.__e && o.some(y$3), y$3(a), y$3(i)), r || y$3(t.__e), t.__e = t.__c = t.__ = null;
}
function K(e, t, n) {
	return this.constructor(e, n);
}
function q(t, n) {
	var r, i, a, o;
	e$2.__ && e$2.__(t, n), n.nodeType == 9 && (n = n.documentElement), i = (r = t && 32 & t.__u) ? null : n.__k, n.__k = S$2(w$2, { children: [t] }), a = [], o = [], z(n, n.__k, i || p$4, p$4, n.namespaceURI, i ? null : n.firstChild ? _$3.call(n.childNodes) : null, a, i ? i.__e : n.firstChild, r, o), H(a, n.__k, o), n.__k.props.children = null;
}
function Y(e) {
	function t(e) {
		var n, r;
		return this.getChildContext || (n = /* @__PURE__ */ new Set(), (r = {})[t.__c] = this, this.getChildContext = function() {
			return r;
		}, this.shouldComponentUpdate = function(e) {
			this.props.value != e.value && n.forEach(function(e) {
				e.__g |= 4, k$2(e);
			});
		}, this.sub = function(e) {
			n.add(e);
			var t = e.componentWillUnmount;
			e.componentWillUnmount = function() {
				n.delete(e), t && t.call(e);
			};
		}), e.children;
	}
	return t.__c = `__cC` + d$3++, t.__ = e, t.Provider = (t.Consumer = function(e, t) {
		return e.children(t);
	}).contextType = t, t;
}
e$2 = { __e: function(e, t, n, r) {
	for (var i, o, s; t = t.__;) if ((i = t.__c) && !(1 & i.__g)) {
		i.__g |= 4;
		try {
			if ((s = (o = i.constructor) && o.getDerivedStateFromError) && i.setState(o.getDerivedStateFromError(e)), i.componentDidCatch && (i.componentDidCatch(e, r || {}), s = 1), s && 8 & i.__g) return void (i.__g |= 2);
		} catch (t) {
			e = t;
		}
	}
	throw a$3 = 0, e;
} }, t$3 = 0, n$3 = function(e) {
	return e != null && e.constructor === f$3;
}, T$3.prototype.setState = function(e, t) {
	var n = this.__s;
	n && n != this.state || (n = this.__s = v$3({}, this.state)), typeof e == `function` && (e = e(v$3({}, n), this.props)), e && (v$3(n, e), this.__v && (t && this.__k.push(t), k$2(this)));
}, T$3.prototype.forceUpdate = function(e) {
	this.__v && (this.__g |= 4, e && this.__h.push(e), k$2(this));
}, T$3.prototype.render = w$2, r$3 = [], a$3 = 0, o$3 = function(e, t) {
	return e.__v.__b - t.__v.__b;
}, s$3 = Symbol(), c$3 = /(PointerCapture)$|Capture$/i, l$3 = 0, u$3 = {}, d$3 = 0;
// node_modules/preact/hooks/dist/hooks.mjs
var t$2;
var n$2;
var r$2;
var i$2;
var a$2 = Object.is;
var o$2 = 0;
var s$2 = [];
var c$2 = [];
var l$2 = e$2;
var u$2 = l$2.__b;
var d$2 = l$2.__r;
var f$2 = l$2.diffed;
var p$3 = l$2.__c;
var m$3 = l$2.unmount;
var h$3 = l$2.__;
function g$3(e, t) {
	l$2.__h && l$2.__h(n$2, e, o$2 || t), o$2 = 0;
	var r = n$2.__H || (n$2.__H = {
		__: [],
		__h: []
	});
	return e >= r.__.length && r.__.push({}), r.__[e];
}
function _$2(e) {
	return o$2 = 1, v$2(I, e);
}
function v$2(e, r, i) {
	var o = g$3(t$2++, 2);
	if (o.t = e, !o.__c && (o.__ = [i ? i(r) : I(void 0, r), function(e) {
		var t = (o.__N || o.__)[0], n = o.t(t, e);
		a$2(t, n) || (o.__N = [n, o.__[1]], o.__c.setState({}));
	}], o.__c = n$2, !n$2.__f)) {
		n$2.__f = !0;
		var s = n$2.shouldComponentUpdate;
		n$2.shouldComponentUpdate = function(e, t, n) {
			var r = this.__H;
			if (!r) return !0;
			var i = !1, o = this.props != e;
			if (r.__.some(function(e) {
				e.__N && (i = !0, a$2(e.__[0], e.__N[0]) || (o = !0));
			}), s) {
				var c = s.call(this, e, t, n);
				return i ? c || o : c;
			}
			return !i || o;
		};
	}
	return o.__;
}
function y$2(e, r) {
	var i = g$3(t$2++, 3);
	!l$2.__s && F(i.__H, r) && (i.__P = !0, i.__ = e, i.u = r, n$2.__H.__h.push(i));
}
function b$2(e, r) {
	var i = g$3(t$2++, 4);
	!l$2.__s && F(i.__H, r) && (i.__P = !1, i.__ = e, i.u = r, n$2.__h.push(i));
}
function x$2(e) {
	return o$2 = 5, C$2(function() {
		return { current: e };
	}, []);
}
function C$2(e, n) {
	var r = g$3(t$2++, 7);
	return F(r.__H, n) && (r.__ = e(), r.__H = n), r.__;
}
function w$1(e, t) {
	return o$2 = 8, C$2(function() {
		return e;
	}, t);
}
function T$2(e) {
	var r = n$2.context[e.__c], i = g$3(t$2++, 9);
	return i.c = e, r ? (i.__ ?? (i.__ = !0, r.sub(n$2)), r.props.value) : e.__;
}
function O$1() {
	var e = g$3(t$2++, 11);
	if (!e.__) {
		for (var r = n$2.__v; !r.__m && r.__;) r = r.__;
		var i = r.__m || (r.__m = [0, 0]);
		e.__ = `P` + i[0] + `-` + i[1]++;
	}
	return e.__;
}
function k$1() {
	var e;
	do {
		for (; e = c$2.shift();) try {
			N(e);
		} catch (t) {
			l$2.__e(t, { __: (e = e.__P) && e.__v });
		}
		for (; e = s$2.shift();) {
			var t = e.__H;
			if (e.__P && t) try {
				t.__h.some(N), t.__h.some(P), t.__h = [];
			} catch (n) {
				t.__h = [], l$2.__e(n, e.__v);
			}
		}
	} while (c$2.length);
}
l$2.__b = function(e) {
	n$2 = null, u$2 && u$2(e);
}, l$2.__ = function(e, t) {
	e && t.__k && t.__k.__m && (e.__m = t.__k.__m), h$3 && h$3(e, t);
}, l$2.__r = function(e) {
	d$2 && d$2(e), t$2 = 0;
	var i = (n$2 = e.__c).__H;
	i && (r$2 == n$2 ? n$2.__h = [] : (i.__h.some(N), i.__h.some(P), t$2 = 0), i.__h = [], i.__.some(function(e) {
		e.__N && (e.__ = e.__N), e.u = e.__N = void 0;
	})), r$2 = n$2;
}, l$2.diffed = function(e) {
	f$2 && f$2(e);
	var t = e.__c;
	t && t.__H && (t.__H.__h.length && M(s$2.push(t)), t.__H.__.some(function(e) {
		e.u && (e.__H = e.u);
	})), r$2 = n$2 = null;
}, l$2.__c = function(e, t) {
	t.some(function(e) {
		try {
			e.__h.some(N), e.__h = e.__h.filter(function(e) {
				return !e.__ || P(e);
			});
		} catch (t) {
			e.__h = [function() {
				throw t;
			}];
		}
	}), p$3 && p$3(e, t);
}, l$2.unmount = function(e) {
	m$3 && m$3(e);
	var t, n, r = e.__c;
	r && r.__H && (r.__H.__.some(function(r) {
		try {
			if (r.__P && r.__c) {
				if (n === void 0) {
					for (n = e.__; n && (!n.__c || !n.__c.__P);) n = n.__;
					n &&= n.__c;
				}
				r.__P = n, M(c$2.push(r));
			} else N(r);
		} catch (e) {
			t = e;
		}
	}), r.__H = void 0, t && l$2.__e(t, r.__v));
};
var A$1 = typeof requestAnimationFrame == `function`;
function j$1(e) {
	var t, n = function() {
		clearTimeout(r), A$1 && cancelAnimationFrame(t), setTimeout(e);
	}, r = setTimeout(n, 35);
	A$1 && (t = requestAnimationFrame(n));
}
function M(e) {
	e != 1 && i$2 == l$2.requestAnimationFrame || ((i$2 = l$2.requestAnimationFrame) || j$1)(k$1);
}
function N(e) {
	var t = n$2, r = e.__c;
	typeof r == `function` && (e.__c = void 0, r()), n$2 = t;
}
function P(e) {
	var t = n$2;
	e.__c = e.__(), n$2 = t;
}
function F(e, t) {
	return !e || e.length != t.length || t.some(function(t, n) {
		return !a$2(t, e[n]);
	});
}
function I(e, t) {
	return typeof t == `function` ? t(e) : t;
}
// node_modules/@preact/signals-core/dist/signals-core.module.js
var e$1 = Symbol.for(`preact-signals`);
function t$1() {
	if (s$1 > 1) s$1--;
	else {
		var e, t = !1;
		for (function() {
			var e = d$1;
			for (d$1 = void 0; e !== void 0;) {
				var t = e.S;
				if (t.v === e.v) for (var n = t.t; n !== void 0; n = n.x) n.i === e.i && (n.i = t.i);
				e = e.o;
			}
		}(); o$1 !== void 0;) {
			var n = o$1;
			for (o$1 = void 0, c$1++; n !== void 0;) {
				var r = n.u;
				if (n.u = void 0, n.f &= -3, !(8 & n.f) && g$2(n)) try {
					n.c();
				} catch (n) {
					t ||= (e = n, !0);
				}
				n = r;
			}
		}
		if (c$1 = 0, s$1--, t) throw e;
	}
}
function n$1(e) {
	if (s$1 > 0) return e();
	u$1 = ++l$1, s$1++;
	try {
		return e();
	} finally {
		t$1();
	}
}
var r$1;
var i$1 = void 0;
function a$1(e) {
	var t = i$1, n = r$1;
	i$1 = void 0, r$1 = void 0;
	try {
		return e();
	} finally {
		i$1 = t, r$1 = n;
	}
}
var o$1 = void 0;
var s$1 = 0;
var c$1 = 0;
var l$1 = 0;
var u$1 = 0;
var d$1 = void 0;
var f$1 = 0;
function p$2(e) {
	if (i$1 !== void 0) {
		var t = e.n;
		if (t === void 0 || t.t !== i$1) return t = {
			i: 0,
			S: e,
			p: i$1.s,
			n: void 0,
			t: i$1,
			e: void 0,
			x: void 0,
			r: t
		}, i$1.s !== void 0 && (i$1.s.n = t), i$1.s = t, e.n = t, 32 & i$1.f && e.S(t), t;
		if (t.i === -1) return t.i = 0, t.n !== void 0 && (t.n.p = t.p, t.p !== void 0 && (t.p.n = t.n), t.p = i$1.s, t.n = void 0, i$1.s.n = t, i$1.s = t), t;
	}
}
function m$2(e, t) {
	this.v = e, this.i = 0, this.n = void 0, this.t = void 0, this.l = 0, this.W = t?.watched, this.Z = t?.unwatched, this.name = t?.name;
}
m$2.prototype.brand = e$1, m$2.prototype.h = function() {
	return !0;
}, m$2.prototype.S = function(e) {
	var t = this, n = this.t;
	n !== e && e.e === void 0 && (e.x = n, this.t = e, n === void 0 ? a$1(function() {
		var e;
		(e = t.W) == null || e.call(t);
	}) : n.e = e);
}, m$2.prototype.U = function(e) {
	var t = this;
	if (this.t !== void 0) {
		var n = e.e, r = e.x;
		n !== void 0 && (n.x = r, e.e = void 0), r !== void 0 && (r.e = n, e.x = void 0), e === this.t && (this.t = r, r === void 0 && a$1(function() {
			var e;
			(e = t.Z) == null || e.call(t);
		}));
	}
}, m$2.prototype.subscribe = function(e) {
	var t = this;
	return T$1(function() {
		var n = t.value;
		a$1(function() {
			return e(n);
		});
	}, { name: `sub` });
}, m$2.prototype.valueOf = function() {
	return this.value;
}, m$2.prototype.toString = function() {
	return this.value + ``;
}, m$2.prototype.toJSON = function() {
	return this.value;
}, m$2.prototype.peek = function() {
	var e = this;
	return a$1(function() {
		return e.value;
	});
}, Object.defineProperty(m$2.prototype, "value", {
	get: function() {
		var e = p$2(this);
		return e !== void 0 && (e.i = this.i), this.v;
	},
	set: function(e) {
		if (e !== this.v) {
			if (c$1 > 100) throw Error(`Cycle detected`);
			(function(e) {
				s$1 !== 0 && c$1 === 0 && e.l !== u$1 && (e.l = u$1, d$1 = {
					S: e,
					v: e.v,
					i: e.i,
					o: d$1
				});
			})(this), this.v = e, this.i++, f$1++, s$1++;
			try {
				for (var n = this.t; n !== void 0; n = n.x) n.t.N();
			} finally {
				t$1();
			}
		}
	}
});
function h$2(e, t) {
	return new m$2(e, t);
}
function g$2(e) {
	for (var t = e.s; t !== void 0; t = t.n) if (t.S.i !== t.i || !t.S.h() || t.S.i !== t.i) return !0;
	return !1;
}
function _$1(e) {
	for (var t = e.s; t !== void 0; t = t.n) {
		var n = t.S.n;
		if (n !== void 0 && (t.r = n), t.S.n = t, t.i = -1, t.n === void 0) {
			e.s = t;
			break;
		}
	}
}
function v$1(e) {
	for (var t = e.s, n = void 0; t !== void 0;) {
		var r = t.p;
		t.i === -1 ? (t.S.U(t), r !== void 0 && (r.n = t.n), t.n !== void 0 && (t.n.p = r)) : n = t, t.S.n = t.r, t.r !== void 0 && (t.r = void 0), t = r;
	}
	e.s = n;
}
function y$1(e, t) {
	m$2.call(this, void 0, t), this.x = e, this.s = void 0, this.g = f$1 - 1, this.f = 4;
}
y$1.prototype = new m$2(), y$1.prototype.h = function() {
	if (this.f &= -3, 1 & this.f) return !1;
	if ((36 & this.f) == 32 || (this.f &= -5, this.g === f$1)) return !0;
	if (this.g = f$1, this.f |= 1, this.i > 0 && !g$2(this)) return this.f &= -2, !0;
	var e = i$1;
	try {
		_$1(this), i$1 = this;
		var t = this.x();
		(16 & this.f || this.v !== t || this.i === 0) && (this.v = t, this.f &= -17, this.i++);
	} catch (e) {
		this.v = e, this.f |= 16, this.i++;
	}
	return i$1 = e, v$1(this), this.f &= -2, !0;
}, y$1.prototype.S = function(e) {
	if (this.t === void 0) {
		this.f |= 36;
		for (var t = this.s; t !== void 0; t = t.n) t.S.S(t);
	}
	m$2.prototype.S.call(this, e);
}, y$1.prototype.U = function(e) {
	if (this.t !== void 0 && (m$2.prototype.U.call(this, e), this.t === void 0)) {
		this.f &= -33;
		for (var t = this.s; t !== void 0; t = t.n) t.S.U(t);
	}
}, y$1.prototype.N = function() {
	if (!(2 & this.f)) {
		this.f |= 6;
		for (var e = this.t; e !== void 0; e = e.x) e.t.N();
	}
}, Object.defineProperty(y$1.prototype, "value", { get: function() {
	if (1 & this.f) throw Error(`Cycle detected`);
	var e = p$2(this);
	if (this.h(), e !== void 0 && (e.i = this.i), 16 & this.f) throw this.v;
	return this.v;
} });
function b$1(e, t) {
	return new y$1(e, t);
}
function x$1(e) {
	var n = e.j;
	if (e.j = void 0, typeof n == `function`) {
		s$1++;
		var r = i$1;
		i$1 = void 0;
		try {
			n();
		} catch (t) {
			throw e.f &= -2, e.f |= 8, S$1(e), t;
		} finally {
			i$1 = r, t$1();
		}
	}
}
function S$1(e) {
	for (var t = e.s; t !== void 0; t = t.n) t.S.U(t);
	e.x = void 0, e.s = void 0, x$1(e);
}
function C$1(e) {
	if (i$1 !== this) throw Error(`Out-of-order effect`);
	v$1(this), i$1 = e, this.f &= -2;
	try {
		8 & this.f && S$1(this);
	} finally {
		t$1();
	}
}
function w(e, t) {
	this.x = e, this.j = void 0, this.s = void 0, this.u = void 0, this.f = 32, this.name = t?.name, r$1 && r$1.push(this);
}
w.prototype.c = function() {
	var e = this.S();
	try {
		if (8 & this.f || this.x === void 0) return;
		var t = this.x();
		typeof t == `function` && (this.j = t);
	} finally {
		e();
	}
}, w.prototype.S = function() {
	if (1 & this.f) throw Error(`Cycle detected`);
	this.f |= 1, this.f &= -9, x$1(this), _$1(this), s$1++;
	var e = i$1;
	return i$1 = this, C$1.bind(this, e);
}, w.prototype.N = function() {
	2 & this.f || (this.f |= 2, this.u = o$1, o$1 = this);
}, w.prototype.d = function() {
	this.f |= 8, 1 & this.f || S$1(this);
}, w.prototype.dispose = function() {
	this.d();
};
function T$1(e, t) {
	var n = new w(e, t);
	try {
		n.c();
	} catch (e) {
		throw n.d(), e;
	}
	var r = n.d.bind(n);
	return r[Symbol.dispose] = r, r;
}
// node_modules/@preact/signals/dist/signals.module.js
var p$1;
var m$1;
var h$1;
var g$1 = typeof window < `u` && !!window.__PREACT_SIGNALS_DEVTOOLS__;
var _ = [];
var v = [];
T$1(function() {
	p$1 = this.N;
})();
function y(e, t) {
	e$2[e] = t.bind(null, e$2[e] || function() {});
}
function b(e) {
	if (h$1) {
		var t = h$1;
		h$1 = void 0, t();
	}
	h$1 = e && e.S();
}
function x(e) {
	var t = this, n = e.data, r = C(n);
	r.name = `ReactiveDom`, r.value = n;
	var o = C$2(function() {
		for (var e = t, n = t.__v; n = n.__;) if (n.__c) {
			n.__c.__$f |= 4;
			break;
		}
		var a = b$1(function() {
			var e = r.value.value;
			return e === 0 ? 0 : !0 === e ? `` : e || ``;
		}), o = b$1(function() {
			return !Array.isArray(a.value) && !n$3(a.value);
		}), s = T$1(function() {
			if (this.N = A, o.value) {
				var t = a.value;
				e.__v && e.__v.__e && e.__v.__e.nodeType === 3 && (e.__v.__e.data = t);
			}
		}), l = t.__$u.d;
		return t.__$u.d = function() {
			s(), l.call(this);
		}, [o, a];
	}, []), s = o[0], l = o[1];
	return s.value ? l.peek() : l.value;
}
x.displayName = `ReactiveTextNode`, Object.defineProperties(m$2.prototype, {
	constructor: {
		configurable: !0,
		value: b$3(w$2, null).constructor
	},
	type: {
		configurable: !0,
		value: x
	},
	props: {
		configurable: !0,
		get: function() {
			var e = this;
			return { data: { get value() {
				return e.value;
			} } };
		}
	},
	__b: {
		configurable: !0,
		value: 1
	}
}), y(`__b`, function(e, t) {
	if (b(), m$1 = void 0, typeof t.type == `string`) {
		var n, r = t.props;
		for (var i in r) if (i !== `children`) {
			var a = r[i];
			a instanceof m$2 && (n || (t.__np = n = {}), n[i] = a, r[i] = a.peek());
		}
	}
	e(t);
}), y(`__r`, function(e, n) {
	if (e(n), n.type !== w$2) {
		b();
		var r, i = n.__c;
		i && (i.__$f &= -2, (r = i.__$u) === void 0 && (i.__$u = r = function(e, t) {
			var n;
			return T$1(function() {
				n = this;
			}, { name: t }), n.c = e, n;
		}(function(e) {
			return function() {
				var t;
				g$1 && ((t = this.y) == null || t.call(this)), e.__$f |= 1, e.setState({});
			};
		}(i), typeof n.type == `function` ? n.type.displayName || n.type.name : ``))), m$1 = i, b(r);
	}
}), y(`__e`, function(e, t, n, r) {
	b(), m$1 = void 0, e(t, n, r);
}), y(`diffed`, function(e, t) {
	b(), m$1 = void 0;
	var n;
	if (typeof t.type == `string` && (n = t.__e)) {
		var r = t.__np, i = t.props, a = n.U;
		if (a) for (var o in a) {
			var s = a[o];
			s === void 0 || r && o in r || (s.d(), a[o] = void 0);
		}
		if (r) for (var c in a || (a = {}, n.U = a), r) {
			var l = a[c], u = r[c];
			l === void 0 ? (l = S(n, c, u, i), a[c] = l) : l.o(u, i);
		}
	}
	e(t);
});
function S(e, t, n, r) {
	var i = t in e && e.ownerSVGElement === void 0, a = h$2(n);
	return {
		o: function(e, t) {
			a.value = e, r = t;
		},
		d: T$1(function() {
			this.N = A;
			var n = a.value.value;
			r[t] !== n && (r[t] = n, i ? e[t] = n : n != null && (!1 !== n || t[4] === `-`) ? e.setAttribute(t, n) : e.removeAttribute(t));
		})
	};
}
y(`unmount`, function(e, t) {
	if (typeof t.type == `string`) {
		var n = t.__e;
		if (n) {
			var r = n.U;
			if (r) for (var i in n.U = void 0, r) {
				var a = r[i];
				a && a.d();
			}
		}
		var o = t.__np;
		if (o) {
			var s = t.props;
			for (var c in o) s[c] = o[c];
		}
		t.__np = void 0;
	} else {
		var l = t.__c;
		if (l) {
			l.__$f |= 8;
			var u = l.__$u;
			u && (l.__$u = void 0, u.d());
		}
	}
	e(t);
}), y(`__h`, function(e, t, n, r) {
	r < 3 && (t.__$f |= 2), e(t, n, r);
}), T$3.prototype.shouldComponentUpdate = function(e, t) {
	if (this.__R) return !0;
	var n = this.__$u, r = n && n.s !== void 0;
	for (var i in t) return !0;
	if (this.__f || typeof this.u == `boolean` && !0 === this.u) {
		var a = 2 & this.__$f;
		if (!(r || a || 4 & this.__$f) || 1 & this.__$f) return !0;
	} else if (!(r || 4 & this.__$f) || 3 & this.__$f) return !0;
	for (var o in e) if (o !== `__source` && e[o] !== this.props[o]) return !0;
	for (var s in this.props) if (!(s in e)) return !0;
	return !1;
};
function C(e, t) {
	return C$2(function() {
		return h$2(e, t);
	}, []);
}
var T = typeof requestAnimationFrame > `u` ? setTimeout : function(e) {
	var t = function() {
		clearTimeout(n), cancelAnimationFrame(r), e();
	}, n = setTimeout(t, 35), r = requestAnimationFrame(t);
};
var E = function(e) {
	queueMicrotask(function() {
		queueMicrotask(e);
	});
};
function D() {
	n$1(function() {
		for (var e; e = _.shift();) p$1.call(e);
	});
}
function O() {
	_.push(this) === 1 && (e$2.requestAnimationFrame || T)(D);
}
function k() {
	n$1(function() {
		for (var e; e = v.shift();) p$1.call(e);
	});
}
function A() {
	v.push(this) === 1 && (e$2.requestAnimationFrame || E)(k);
}
function j(e, t) {
	var n = x$2(e);
	n.current = e;
	var r = m$1;
	y$2(function() {
		return T$1(function() {
			if (this.N = O, !(r && 8 & r.__$f)) return n.current();
		}, t);
	}, []);
}
// node_modules/openapi-fetch/dist/index.mjs
var e = /\{[^{}]+\}/g;
var t = () => typeof process == `object` && Number.parseInt(process?.versions?.node?.substring(0, 2)) >= 18 && process.versions.undici;
function n() {
	return Math.random().toString(36).slice(2, 11);
}
function r(e) {
	let { baseUrl: r = ``, Request: i = globalThis.Request, fetch: a = globalThis.fetch, querySerializer: o, bodySerializer: s, pathSerializer: c, headers: l, requestInitExt: u = void 0, ..._ } = { ...e };
	u = t() ? u : void 0, r = g(r);
	let v = [];
	async function y(e, t) {
		let { baseUrl: y, fetch: b = a, Request: x = i, headers: S, params: C = {}, parseAs: w = `json`, querySerializer: T, bodySerializer: E = s ?? p, pathSerializer: D, body: O, middleware: k = [], ...A } = t || {}, j = r;
		y && (j = g(y) ?? r);
		let M = typeof o == `function` ? o : d(o);
		T && (M = typeof T == `function` ? T : d({
			...typeof o == `object` ? o : {},
			...T
		}));
		let N = D || c || f, P = O === void 0 ? void 0 : E(O, h(l, S, C.header)), F = h(P === void 0 || P instanceof FormData ? {} : { "Content-Type": `application/json` }, l, S, C.header), I = [...v, ...k], L = {
			redirect: `follow`,
			..._,
			...A,
			body: P,
			headers: F
		}, R, z, B = new x(m(e, {
			baseUrl: j,
			params: C,
			querySerializer: M,
			pathSerializer: N
		}), L), V;
		for (let e in A) e in B || (B[e] = A[e]);
		if (I.length) {
			R = n(), z = Object.freeze({
				baseUrl: j,
				fetch: b,
				parseAs: w,
				querySerializer: M,
				bodySerializer: E,
				pathSerializer: N
			});
			for (let t of I) if (t && typeof t == `object` && typeof t.onRequest == `function`) {
				let n = await t.onRequest({
					request: B,
					schemaPath: e,
					params: C,
					options: z,
					id: R
				});
				if (n) {
					if (n instanceof x) B = n;
					else if (n instanceof Response) {
						V = n;
						break;
					} else throw Error(`onRequest: must return new Request() or Response() when modifying the request`);
				}
			}
		}
		if (!V) {
			try {
				V = await b(B, u);
			} catch (t) {
				let n = t;
				if (I.length) for (let t = I.length - 1; t >= 0; t--) {
					let r = I[t];
					if (r && typeof r == `object` && typeof r.onError == `function`) {
						let t = await r.onError({
							request: B,
							error: n,
							schemaPath: e,
							params: C,
							options: z,
							id: R
						});
						if (t) {
							if (t instanceof Response) {
								n = void 0, V = t;
								break;
							}
							if (t instanceof Error) {
								n = t;
								continue;
							}
							throw Error(`onError: must return new Response() or instance of Error`);
						}
					}
				}
				if (n) throw n;
			}
			if (I.length) for (let t = I.length - 1; t >= 0; t--) {
				let n = I[t];
				if (n && typeof n == `object` && typeof n.onResponse == `function`) {
					let t = await n.onResponse({
						request: B,
						response: V,
						schemaPath: e,
						params: C,
						options: z,
						id: R
					});
					if (t) {
						if (!(t instanceof Response)) throw Error(`onResponse: must return new Response() when modifying the response`);
						V = t;
					}
				}
			}
		}
		let H = V.headers.get(`Content-Length`);
		if (V.status === 204 || B.method === `HEAD` || H === `0` && !V.headers.get(`Transfer-Encoding`)?.includes(`chunked`)) return V.ok ? {
			data: void 0,
			response: V
		} : {
			error: void 0,
			response: V
		};
		if (V.ok) return {
			data: await (async () => {
				if (w === `stream`) return V.body;
				if (w === `json` && !H) {
					let e = await V.text();
					return e ? JSON.parse(e) : void 0;
				}
				return await V[w]();
			})(),
			response: V
		};
		let U = await V.text();
		try {
			U = JSON.parse(U);
		} catch {}
		return {
			error: U,
			response: V
		};
	}
	return {
		request(e, t, n) {
			return y(t, {
				...n,
				method: e.toUpperCase()
			});
		},
		GET(e, t) {
			return y(e, {
				...t,
				method: `GET`
			});
		},
		PUT(e, t) {
			return y(e, {
				...t,
				method: `PUT`
			});
		},
		POST(e, t) {
			return y(e, {
				...t,
				method: `POST`
			});
		},
		DELETE(e, t) {
			return y(e, {
				...t,
				method: `DELETE`
			});
		},
		OPTIONS(e, t) {
			return y(e, {
				...t,
				method: `OPTIONS`
			});
		},
		HEAD(e, t) {
			return y(e, {
				...t,
				method: `HEAD`
			});
		},
		PATCH(e, t) {
			return y(e, {
				...t,
				method: `PATCH`
			});
		},
		TRACE(e, t) {
			return y(e, {
				...t,
				method: `TRACE`
			});
		},
		use(...e) {
			for (let t of e) if (t) {
				if (typeof t != `object` || !(`onRequest` in t || `onResponse` in t || `onError` in t)) throw Error("Middleware must be an object with one of `onRequest()`, `onResponse() or `onError()`");
				v.push(t);
			}
		},
		eject(...e) {
			for (let t of e) {
				let e = v.indexOf(t);
				e !== -1 && v.splice(e, 1);
			}
		}
	};
}
function c(e, t, n) {
	if (t == null) return ``;
	if (typeof t == `object`) throw Error("Deeply-nested arrays/objects aren’t supported. Provide your own `querySerializer()` to handle these.");
	return `${e}=${n?.allowReserved === !0 ? t : encodeURIComponent(t)}`;
}
function l(e, t, n) {
	if (!t || typeof t != `object`) return ``;
	let r = [], i = {
		simple: `,`,
		label: `.`,
		matrix: `;`
	}[n.style] || `&`;
	if (n.style !== `deepObject` && n.explode === !1) {
		for (let e in t) r.push(e, n.allowReserved === !0 ? t[e] : encodeURIComponent(t[e]));
		let i = r.join(`,`);
		switch (n.style) {
			case `form`: return `${e}=${i}`;
			case `label`: return `.${i}`;
			case `matrix`: return `;${e}=${i}`;
			default: return i;
		}
	}
	for (let i in t) {
		let a = n.style === `deepObject` ? `${e}[${i}]` : i;
		r.push(c(a, t[i], n));
	}
	let a = r.join(i);
	return n.style === `label` || n.style === `matrix` ? `${i}${a}` : a;
}
function u(e, t, n) {
	if (!Array.isArray(t)) return ``;
	if (n.explode === !1) {
		let r = {
			form: `,`,
			spaceDelimited: `%20`,
			pipeDelimited: `|`
		}[n.style] || `,`, i = (n.allowReserved === !0 ? t : t.map((e) => encodeURIComponent(e))).join(r);
		switch (n.style) {
			case `simple`: return i;
			case `label`: return `.${i}`;
			case `matrix`: return `;${e}=${i}`;
			default: return `${e}=${i}`;
		}
	}
	let r = {
		simple: `,`,
		label: `.`,
		matrix: `;`
	}[n.style] || `&`, i = [];
	for (let r of t) n.style === `simple` || n.style === `label` ? i.push(n.allowReserved === !0 ? r : encodeURIComponent(r)) : i.push(c(e, r, n));
	return n.style === `label` || n.style === `matrix` ? `${r}${i.join(r)}` : i.join(r);
}
function d(e) {
	return function(t) {
		let n = [];
		if (t && typeof t == `object`) for (let r in t) {
			let i = t[r];
			if (i != null) {
				if (Array.isArray(i)) {
					if (i.length === 0) continue;
					n.push(u(r, i, {
						style: `form`,
						explode: !0,
						...e?.array,
						allowReserved: e?.allowReserved || !1
					}));
				} else typeof i == `object` ? n.push(l(r, i, {
					style: `deepObject`,
					explode: !0,
					...e?.object,
					allowReserved: e?.allowReserved || !1
				})) : n.push(c(r, i, e));
			}
		}
		return n.join(`&`);
	};
}
function f(t, n) {
	let r = t;
	for (let i of t.match(e) ?? []) {
		let e = i.substring(1, i.length - 1), t = !1, a = `simple`;
		if (e.endsWith(`*`) && (t = !0, e = e.substring(0, e.length - 1)), e.startsWith(`.`) ? (a = `label`, e = e.substring(1)) : e.startsWith(`;`) && (a = `matrix`, e = e.substring(1)), !n || n[e] === void 0 || n[e] === null) continue;
		let o = n[e];
		r = Array.isArray(o) ? r.replace(i, u(e, o, {
			style: a,
			explode: t
		})) : typeof o == `object` ? r.replace(i, l(e, o, {
			style: a,
			explode: t
		})) : a === `matrix` ? r.replace(i, `;${c(e, o)}`) : r.replace(i, a === `label` ? `.${encodeURIComponent(o)}` : encodeURIComponent(o));
	}
	return r;
}
function p(e, t) {
	return e instanceof FormData ? e : t && (t.get instanceof Function ? t.get(`Content-Type`) ?? t.get(`content-type`) : t[`Content-Type`] ?? t[`content-type`]) === `application/x-www-form-urlencoded` ? new URLSearchParams(e).toString() : JSON.stringify(e);
}
function m(e, t) {
	let n = `${t.baseUrl}${e}`;
	t.params?.path && (n = t.pathSerializer(n, t.params.path));
	let r = t.querySerializer(t.params.query ?? {});
	return r.startsWith(`?`) && (r = r.substring(1)), r && (n += `?${r}`), n;
}
function h(...e) {
	let t = new Headers();
	for (let n of e) {
		if (!n || typeof n != `object`) continue;
		let e = n instanceof Headers ? n.entries() : Object.entries(n);
		for (let [n, r] of e) if (r === null) t.delete(n);
		else if (Array.isArray(r)) for (let e of r) t.append(n, e);
		else r !== void 0 && t.set(n, r);
	}
	return t;
}
function g(e) {
	return e.endsWith(`/`) ? e.substring(0, e.length - 1) : e;
}
// node_modules/preact/jsx-runtime/dist/jsxRuntime.mjs
var i = Symbol.for(`pv`);
var a = 0;
Array.isArray;
function s(t, n, r, o, s, c) {
	n ||= {};
	var l, u, d = n;
	if (`ref` in d && typeof t != `function`) for (u in d = {}, n) u == `ref` ? l = n[u] : d[u] = n[u];
	var f = {
		type: t,
		props: d,
		key: r,
		ref: l,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: i,
		__v: --a,
		__i: -1,
		__u: 0
	};
	return (s || c) && (f.__source = s, f.__self = c), e$2.vnode && e$2.vnode(f), f;
}
export { w$2 as _, b$1 as a, O$1 as c, b$2 as d, w$1 as f, q as g, Y as h, T$1 as i, T$2 as l, y$2 as m, r as n, h$2 as o, x$2 as p, j as r, C$2 as s, s as t, _$2 as u };
