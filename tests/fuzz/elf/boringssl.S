/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BoringSSL, as far as what its functions say, and the table of TLS's functions. With NO_RETURN a
 * function ends by a call that does not return, and the next one follows. With INSIDE what reads
 * has ssl_read_impl inside, as in Chromium; with PEEK there is one, too, that does not.
 */
	.text
	.macro says name, reason
	lea \name(%rip), %rcx
	mov $16, %edi
	xor %esi, %esi
	mov $\reason, %edx
	call put_error
	.endm
	.macro function name
	.balign 16, 0xcc
\name:
	push %rbp
	mov %rsp, %rbp
	.endm
	.macro done
	pop %rbp
	ret
	.endm
	function put_error
	done
	function read_impl
	says lib, 226
	says lib, 215
	done
	function ssl_read
	says lib, 66
#ifdef INSIDE
	says lib, 226
	says lib, 215
#else
	call read_impl
#endif
#ifdef NO_RETURN
	call put_error
ssl_write:
	push %rbp
	mov %rsp, %rbp
#else
	done
	function ssl_write
#endif
	says lib, 66
	says lib, 226
	says lib, 215
	says lib, 111
	done
#ifdef PEEK
	function ssl_peek
	says lib, 66
	call read_impl
	done
#endif
	function ssl_new
	says lib, 185
	done
	function write_app_data
	says pkt, 111
	says pkt, 194
	done
	function other
	done
	function user
	call ssl_read
	call ssl_write
	call ssl_new
	call read_impl
#ifdef PEEK
	call ssl_peek
#endif
	done
	.globl user
	.section .data.rel.ro, "aw"
	.balign 8
	.quad 0
methods:
	.quad ssl_new, other, put_error, user, ssl_read, read_impl, ssl_write, write_app_data
	.section .rodata
	.asciz "something"
lib:	.asciz "/x/boringssl/ssl/ssl_lib.cc"
pkt:	.asciz "/x/boringssl/ssl/s3_pkt.cc"
