/* SPDX-License-Identifier: BSD-2-Clause */
/* NSS: the two tables of what a socket does, and that it is NSS. */
	.text
	.macro function name
	.balign 16, 0xcc
\name:
	push %rbp
	mov %rsp, %rbp
	pop %rbp
	ret
	.endm
	.macro alias name, to
	.balign 16, 0xcc
\name:	xor %ecx, %ecx
	jmp \to
	.endm
	.globl SSL_ImportFD, SSL_ForceHandshake
	.type SSL_ImportFD, @function
	.type SSL_ForceHandshake, @function
	function SSL_ImportFD
	function SSL_ForceHandshake
	.irp n, connect, bind, listen, shutdown, close, recv, send, peer, sock, defconnect, defshutdown, defclose, defrecv, defsend, defread, defwrite
	function \n
	.endr
	alias read, recv
	alias write, send
	.section .data.rel.ro, "aw"
	.balign 8
	.quad connect, 0, bind, listen, shutdown, close, recv, send, read, write, peer, sock
	.quad defconnect, 0, bind, listen, defshutdown, defclose, defrecv, defsend, defread, defwrite, peer, sock
