/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSL 1.1.1 in a stripped program, as far as what its functions say and call. */
	.text
	.macro says number, reason
	mov $1234, %r8d
	lea file(%rip), %rcx
	mov $\reason, %edx
	mov $\number, %esi
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
	says 524, 66
	says 524, 276
	done
	function read_internal
	says 523, 276
	done
	/* SSL_peek's says the same reason. */
	function peek_internal
	says 522, 276
	done
	function ssl_write
	says 208, 271
	call write_internal
	done
	function ssl_read
	says 223, 271
	call read_internal
	done
	function ssl_new
	says 186, 195
	says 186, 65
	call ssl_clear
	done
	function ssl_clear
	says 164, 188
	done
	function user
	call ssl_read
	call ssl_write
	call ssl_new
	call peek_internal
	done
	.globl user
	.section .rodata
	.asciz "ssl/record/rec_layer_s3.c"
file: .asciz "ssl/ssl_lib.c"
