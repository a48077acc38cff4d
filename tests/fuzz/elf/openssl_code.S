/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OpenSSL 3 in a stripped program, as far as what its functions say and call. With FLAGS as from 3.2
 * on, where the fifth argument says where the number of bytes is written.
 */
	.text
	.macro says name, reason
	lea \name(%rip), %rdx
	mov $1234, %esi
	call put_error
	xor %edx, %edx
	mov $\reason, %esi
	mov $20, %edi
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
	function write_internal
	says write_internal_name, 276
	says write_internal_name, 207
	done
	function read_internal
	says read_internal_name, 276
	done
	function ssl_write
	says write_name, 271
#ifdef FLAGS
	mov %rsp, %r8
	xor %ecx, %ecx
#else
	lea -16(%rbp), %rcx
#endif
	call write_internal
	done
	/* A program's own function may name another. */
	function other
	lea write_name(%rip), %rdx
	call ssl_write
	done
	function ssl_read
	says read_name, 271
	mov %rsp, %rcx
	call read_internal
	done
	function ssl_new
	says new_name, 195
	call ssl_clear
	done
	function ssl_clear
	says clear_name, 188
	done
	function user
	call ssl_read
	call ssl_write
	call ssl_new
	call other
	done
	.globl user
	.section .rodata
	.asciz "../ssl/record/rec_layer_s3.c"
write_name: .asciz "SSL_write"
read_name: .asciz "SSL_read"
new_name: .asciz "SSL_new"
clear_name: .asciz "SSL_clear"
write_internal_name: .asciz "ssl_write_internal"
read_internal_name: .asciz "ssl_read_internal"
