/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AWS-LC's crypto/fipsmodule/cipher/aead.c, as far as what its functions say. With UNWIND they don't
 * look like beginnings, and the unwinder's table tells where they are.
 */
	.text
	.macro says reason
	lea file(%rip), %rcx
	mov $30, %edi
	xor %esi, %esi
	mov $\reason, %edx
	call put_error
	.endm
	.macro function name
	.balign 16, 0xcc
\name:
#ifdef UNWIND
	.cfi_startproc
	nop
#endif
	push %rbp
	mov %rsp, %rbp
	.endm
	.macro done
	pop %rbp
	ret
#ifdef UNWIND
	.cfi_endproc
#endif
	.endm
	function put_error
	done
	function ctx_init
	says 120
	done
	function ctx_seal
	says 117
	says 103
	says 115
	done
	function ctx_scatter
	says 115
	lea file(%rip), %rcx
	push $112
	pop %rdx
	call put_error
	done
	function ctx_open
	says 115
	says 101
	says 103
	call ctx_gather
	done
	function ctx_gather
	says 115
	says 104
	done
	function user
	call ctx_init
	call ctx_seal
	call ctx_scatter
	call ctx_open
	done
	.globl user
	.section .rodata
	.asciz "something"
file:	.asciz "/x/aws-lc/crypto/fipsmodule/cipher/aead.c"
