/*
 * ASSERT: a fact that must hold whatever the input and the world do. It stays
 * on in production: a book that is wrong must not be sold from. A failure says
 * what and where on standard error and ends the process with abort(). Bad input
 * is never an assertion; it is a result (base/result.def).
 */
#ifndef ELEVEN_BASE_ASSERT_H
#define ELEVEN_BASE_ASSERT_H

_Noreturn void assert_failed(const char *condition, const char *file, int line);

#ifdef ELEVEN_COVERAGE /* a branch that must never be taken is none that tests have to take */
#define ASSERT(condition) ((void)(__typeof__(!(condition)) *)0)
#else
#define ASSERT(condition) \
    (__builtin_expect(!(condition), 0) ? assert_failed(#condition, __FILE__, __LINE__) : (void)0)
#endif

#endif
